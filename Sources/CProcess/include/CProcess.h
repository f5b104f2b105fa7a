/// Settings of the process that Swift cannot make itself.
#pragma once

#include "unix_socket.h"

/// Denies other processes of the same user access to this process's memory and environment, and disables core dumps
/// (PR_SET_DUMPABLE, see prctl(2)). Returns 0, or an errno. A C function, because prctl takes variable arguments, which
/// Swift cannot pass.
int process_disable_dumping(void);

/// Limits the memory that the allocator keeps: the number of arenas, and the size of freed blocks (see mallopt(3)).
/// Without the limits, the memory of a node agent stays at its peak. Call this at the start of the process.
void process_limit_allocator(void);

/// Returns free memory of the allocator to the system (see malloc_trim(3)).
void process_trim_memory(void);

/// Unmaps the pages of the program's own code and constants that were used so far. They stay in the system's page
/// cache, and those that are used again are mapped again. Call it after the start, whose code is not needed any more.
void process_unmap_startup_code(void);

/// Starts a program, which is searched for in PATH, with the terminal, the files and the process group of this process.
/// From then on, signals that another process sends to this one are passed on to the child; SIGINT and the like from
/// the terminal reach it without help. `arguments` starts with the program's name; both lists end with NULL. Writes
/// the child's process id to `pid`. Returns 0, or an errno. For one child of a process.
int process_start_child(const char *_Nonnull program, char *_Nullable const *_Nonnull arguments,
                        char *_Nullable const *_Nonnull environment, int *_Nonnull pid);

/// Waits until the child ends. Returns its exit code, or 128 and the number of the signal that ended it, as shells do.
int process_wait_for_child(int pid);
