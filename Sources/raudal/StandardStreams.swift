import Glibc

/// The three descriptors that a program finds open, if whoever starts it leaves them so.
enum StandardStreams {
  /// Opens `/dev/null` in place of those that are closed: the next file that is opened would take
  /// the number of one, and what is printed would go into it.
  static func open() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number, which is this one: those below it are open.
      _ = Glibc.open("/dev/null", O_RDWR)
    }
  }
}
