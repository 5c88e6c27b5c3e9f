#define _GNU_SOURCE
#include "CPlatform.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { EMPTY = 0, RUNG = 1, ASLEEP = 2 };

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void raudal_parker_wake(uint32_t *state) {
  uint32_t old = __atomic_exchange_n(state, RUNG, __ATOMIC_ACQ_REL);
  if (old == ASLEEP) syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

int raudal_parker_wait(uint32_t *state, int spins, int64_t timeout) {
  for (int i = 0; i <= spins; i++) {
    if (__atomic_load_n(state, __ATOMIC_RELAXED) == RUNG) {
      __atomic_exchange_n(state, EMPTY, __ATOMIC_ACQ_REL);
      return 1;
    }
    relax();
  }
  uint32_t expected = EMPTY;
  if (__atomic_compare_exchange_n(
          state, &expected, ASLEEP, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    struct timespec span = {timeout / 1000000000, timeout % 1000000000};
    syscall(
        SYS_futex, state, FUTEX_WAIT_PRIVATE, ASLEEP, timeout < 0 ? (void *)0 : &span, 0, 0);
  }
  return __atomic_exchange_n(state, EMPTY, __ATOMIC_ACQ_REL) == RUNG;
}
