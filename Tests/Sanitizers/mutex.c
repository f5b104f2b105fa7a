// Tells the thread sanitizer about the locks of Swift's Synchronization.Mutex.
//
// The compiler inlines the fast path of Mutex into instrumented code, so the sanitizer sees it. The slow path, for a
// lock that another thread holds, is in the standard library, which is not instrumented. Without this file, the
// sanitizer reports values as unprotected that a Mutex protects.
//
// These functions replace the ones of the slow path in programs that are linked with this file. Each calls the
// original and tells the sanitizer that the lock, whose address is `self`, is acquired or about to be released.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Synchronization._MutexHandle._lockSlow(UInt32), _tryLockSlow() -> Bool and _unlockSlow(), see `swift demangle`.
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT_METHOD __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// In the sanitizer's runtime library.
void __tsan_acquire(void *address);
void __tsan_release(void *address);

static SWIFT_METHOD void (*original_lock_slow)(uint32_t thread, SELF);
static SWIFT_METHOD bool (*original_try_lock_slow)(SELF);
static SWIFT_METHOD void (*original_unlock_slow)(SELF);

__attribute__((constructor)) static void find_originals(void) {
  original_lock_slow = dlsym(RTLD_NEXT, LOCK_SLOW);
  original_try_lock_slow = dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
  original_unlock_slow = dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

SWIFT_METHOD void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT_METHOD void lock_slow(uint32_t thread, SELF) {
  original_lock_slow(thread, self);
  __tsan_acquire(self);
}

SWIFT_METHOD bool try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);
SWIFT_METHOD bool try_lock_slow(SELF) {
  const bool is_locked = original_try_lock_slow(self);
  if (is_locked) __tsan_acquire(self);
  return is_locked;
}

SWIFT_METHOD void unlock_slow(SELF) __asm__(UNLOCK_SLOW);
SWIFT_METHOD void unlock_slow(SELF) {
  __tsan_release(self);
  original_unlock_slow(self);
}
