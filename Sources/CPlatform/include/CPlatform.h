#pragma once
// What Swift's Glibc module cannot say: thread names, prefetching, vector searches.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "RaudalScan.h"
#include "RaudalSpawn.h"

/// Names the calling thread (at most 15 bytes are kept).
void raudal_name_thread(const char *name);

/// rename(2) that fails with EEXIST instead of replacing; with EINVAL where the file system can't.
int raudal_rename_new(const char *path, const char *new_path);

/// Opens a file: the variadic open(2) as a plain function. Returns the descriptor or -1 (errno).
int raudal_open(const char *path, int flags, unsigned mode);

/// read(2) of what the system has in memory: -1 with EAGAIN where that would wait for a disk, or
/// with EOPNOTSUPP where the file system can't tell.
ssize_t raudal_read_at_hand(int descriptor, void *target, size_t count);

/// CRC-32C (Castagnoli) of `length` bytes, continued from `seed` (0 to begin).
uint32_t raudal_crc32c(uint32_t seed, const void *data, size_t length);

/// Asks the cache for the line at `address`; never faults.
static inline __attribute__((always_inline)) void raudal_prefetch(const void *address) {
  __builtin_prefetch(address);
}

/// The least and the greatest of `count` values; the ends of the type if there are none.
void raudal_range(const int64_t *values, size_t count, int64_t *least, int64_t *greatest);

/// A one-thread parking place: `state` is 0 (nobody rang), 1 (rung) or 2 (its thread sleeps).
/// Rings it: its thread's present or next wait returns at once. Any thread.
void raudal_parker_wake(uint32_t *state);

/// Waits for a ring: `spins` looks, then sleep of at most `timeout` nanoseconds (negative: without
/// end). Only the owning thread. Returns whether it was rung.
int raudal_parker_wait(uint32_t *state, int spins, int64_t timeout);
