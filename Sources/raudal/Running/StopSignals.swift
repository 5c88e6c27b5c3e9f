import Glibc

/// SIGINT and SIGTERM, taken by whoever waits for them instead of ending the process; and SIGUSR1,
/// by which another thread of ours cuts the wait short.
///
/// Made before any thread begins: threads inherit the mask. A peer that hangs up is an error of the
/// write, never a signal.
struct StopSignals {
  enum Call { case stop, nudge }

  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGUSR1)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits at most so long; what came, if anything.
  func wait(milliseconds: Int) -> Call? {
    var set = set
    var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    switch sigtimedwait(&set, nil, &limit) {
    case SIGINT, SIGTERM: return .stop
    case SIGUSR1: return .nudge
    default: return nil
    }
  }

  /// Ends a wait. Any thread, once the signals are blocked.
  static func nudge() { kill(getpid(), SIGUSR1) }
}
