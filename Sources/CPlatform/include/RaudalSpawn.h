#pragma once
// Starts programs: what posix_spawn(3) can't say is that a child ends with us, and its limits.
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/types.h>

/// A program to be started. Descriptors become its 0, 1 and 2; it has no others.
typedef struct {
  const char *path;
  /// Both end with NULL.
  char *const *arguments;
  char *const *environment;
  /// Where it runs.
  const char *directory;
  int input, output, errors;
  /// Bytes of address space and seconds of a processor at most; 0: as many as we have.
  uint64_t memory;
  uint64_t seconds;
} raudal_program;

/// Starts it as the leader of a process group of its own, with signals as a program expects them.
/// It is killed when the calling thread ends. Returns its id, or -1 (errno).
pid_t raudal_spawn(const raudal_program *program);

/// 1 where the system keeps for us how a program ended: not where SIGCHLD is ignored.
int raudal_endings_are_kept(void);

/// A descriptor that becomes readable when the process has ended; -1 where the system has none
/// (before Linux 5.3).
int raudal_process_watch(pid_t process);

/// A pipe whose ends no program of ours inherits: 0, or -1 (errno). Ours of the two, `ends[own]`,
/// never waits.
int raudal_pipe(int ends[2], int own);
