#define _GNU_SOURCE
#include "CPlatform.h"
#include "clones.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

void raudal_name_thread(const char *name) {
  char kept[16];
  strncpy(kept, name, sizeof kept - 1);
  kept[sizeof kept - 1] = 0;
  pthread_setname_np(pthread_self(), kept);
}

int raudal_rename_new(const char *path, const char *new_path) {
  return renameat2(AT_FDCWD, path, AT_FDCWD, new_path, RENAME_NOREPLACE);
}

int raudal_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }

ssize_t raudal_read_at_hand(int descriptor, void *target, size_t count) {
  struct iovec part = {target, count};
  return preadv2(descriptor, &part, 1, -1, RWF_NOWAIT);
}

RAUDAL_CLONES("avx512f", "avx2", "default")
void raudal_range(const int64_t *values, size_t count, int64_t *least, int64_t *greatest) {
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (size_t i = 0; i < count; i++) {
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  *least = low;
  *greatest = high;
}
