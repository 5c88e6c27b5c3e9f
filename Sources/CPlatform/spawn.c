#define _GNU_SOURCE
#include "RaudalSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int limit(int what, uint64_t most) {
  if (most == 0) return 0;
  struct rlimit limits = {most, most};
  return setrlimit(what, &limits);
}

/// Between vfork and exec, in the parent's memory: only calls that are safe in a signal handler.
static void become(const raudal_program *program, pid_t parent) {
  if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) return;
  // Ours are close-on-exec, and above 2: the copies are not.
  if (dup2(program->input, 0) < 0 || dup2(program->output, 1) < 0 || dup2(program->errors, 2) < 0)
    return;
#ifdef SYS_close_range
  // What a library has opened without that mark is no business of the program's either.
  syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
#endif
  if (chdir(program->directory)) return;
  if (limit(RLIMIT_AS, program->memory) || limit(RLIMIT_CPU, program->seconds)) return;
  struct sigaction plain = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &plain, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  execve(program->path, program->arguments, program->environment);
}

pid_t raudal_spawn(const raudal_program *program) {
  sigset_t all, before;
  sigfillset(&all);
  // A handler of ours must not run in the child.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  volatile int failure = 0;
  pid_t child = vfork();
  if (child == 0) {
    become(program, parent);
    failure = errno ? errno : EAGAIN;
    _exit(127);
  }
  int code = child < 0 ? errno : failure;
  if (child > 0 && failure != 0)
    while (waitpid(child, 0, 0) < 0 && errno == EINTR) {}
  pthread_sigmask(SIG_SETMASK, &before, 0);
  if (code == 0) return child;
  errno = code;
  return -1;
}

int raudal_endings_are_kept(void) {
  struct sigaction now;
  if (sigaction(SIGCHLD, 0, &now)) return 0;
  return now.sa_handler != SIG_IGN && !(now.sa_flags & SA_NOCLDWAIT);
}

int raudal_process_watch(pid_t process) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, process, 0);
#else
  (void)process;
  errno = ENOSYS;
  return -1;
#endif
}

int raudal_pipe(int ends[2], int own) {
  if (pipe2(ends, O_CLOEXEC)) return -1;
  // Above those that a program gets them as, whatever we have closed of ours.
  for (int end = 0; end < 2; end++) {
    int moved = fcntl(ends[end], F_DUPFD_CLOEXEC, 3);
    int code = errno;
    close(ends[end]);
    ends[end] = moved;
    if (moved >= 0) continue;
    close(ends[1 - end]);
    errno = code;
    return -1;
  }
  return fcntl(ends[own], F_SETFL, O_NONBLOCK);
}
