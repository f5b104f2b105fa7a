#pragma once

/// Closes the process's memory and environment to others, and to core dumps (PR_SET_DUMPABLE). Returns 0,
/// or an errno. Here because prctl(2) takes variable arguments, which Swift cannot pass.
int process_close_memory(void);
