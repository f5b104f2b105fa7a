// For dl_iterate_phdr.
#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

int process_disable_dumping(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0 ? 0 : errno; }

void process_limit_allocator(void) {
  mallopt(M_ARENA_MAX, 2);
  // glibc raises this threshold on its own unless it is set.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

void process_trim_memory(void) { malloc_trim(0); }

static int unmap_code(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size;
  (void)data;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (size_t index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
    // A page of a writable segment may have been written to, and its content would be lost.
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
    const uintptr_t start = object->dlpi_addr + segment->p_vaddr;
    const uintptr_t first = (start + page - 1) / page * page;
    const uintptr_t last = (start + segment->p_filesz) / page * page;
    if (last > first) madvise((void *)first, last - first, MADV_DONTNEED);
  }
  // The program comes first; the libraries are shared with other processes.
  return 1;
}

void process_unmap_startup_code(void) { dl_iterate_phdr(unmap_code, NULL); }
