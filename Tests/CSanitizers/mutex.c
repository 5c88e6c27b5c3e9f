// What the thread sanitizer must be told of Swift's Mutex. Its quick paths are compiled into the
// caller, where the sanitizer sees their atomics; where two threads meet, the kernel hands the lock
// over inside libswiftSynchronization, which is not instrumented. These take the place of the two
// slow paths in the executable, call them, and say what they did.
#define _GNU_SOURCE
#include "CSanitizers.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef SWIFT void (*lock_slow)(uint32_t thread, SELF mutex);
typedef SWIFT void (*unlock_slow)(SELF mutex);

static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

SWIFT void raudal_lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK_SLOW);
SWIFT void raudal_lock_slow(uint32_t thread, SELF mutex) {
  ((lock_slow)real(LOCK_SLOW))(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT void raudal_unlock_slow(SELF mutex) __asm__(UNLOCK_SLOW);
SWIFT void raudal_unlock_slow(SELF mutex) {
  __tsan_release(mutex);
  ((unlock_slow)real(UNLOCK_SLOW))(mutex);
}
#endif
#endif
