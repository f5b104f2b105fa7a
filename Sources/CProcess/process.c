#include "CProcess.h"

#include <errno.h>
#include <malloc.h>
#include <sys/prctl.h>

int process_disable_dumping(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0 ? 0 : errno; }

void process_limit_allocator(void) {
  mallopt(M_ARENA_MAX, 2);
  // glibc raises this threshold on its own unless it is set.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

void process_trim_memory(void) { malloc_trim(0); }
