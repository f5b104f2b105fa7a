#pragma once

/// Closes the process's memory and environment to others, and to core dumps (PR_SET_DUMPABLE). Returns 0,
/// or an errno. Here because prctl(2) takes variable arguments, which Swift cannot pass.
int process_close_memory(void);

/// Keeps the allocator from spreading over as many arenas as there are threads, and from keeping large
/// blocks once they are freed: a node agent's peak must not become its size. To be called at start.
void process_limit_arenas(void);

/// Gives free memory back to the system.
void process_trim_memory(void);
