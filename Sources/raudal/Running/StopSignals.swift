import Glibc

/// SIGINT and SIGTERM, taken by whoever waits for them instead of ending the process.
///
/// Made before any thread begins: threads inherit the mask. A peer that hangs up is an error of the
/// write, never a signal.
struct StopSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits at most so long; whether a signal came.
  func wait(milliseconds: Int) -> Bool {
    var set = set
    var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    return sigtimedwait(&set, nil, &limit) > 0
  }
}
