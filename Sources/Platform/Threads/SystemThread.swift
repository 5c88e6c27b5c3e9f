import CPlatform
import Glibc

/// An operating system thread that runs one closure. A write to a peer that is gone is an error of
/// the write on it, never a signal to the process.
package struct SystemThread: Sendable {
  private let handle: pthread_t

  /// Starts a thread of that name (15 bytes are kept). nil when the system has no room for another.
  package init?(
    name: String, detached: Bool = false, _ body: @escaping @Sendable () -> Void
  ) {
    let task = Unmanaged.passRetained(Task(name: name, body: body))
    var handle = pthread_t()
    let code = pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, task.toOpaque())
    guard code == 0 else {
      task.release()
      return nil
    }
    self.handle = handle
    if detached { pthread_detach(handle) }
  }

  /// Waits for the closure's end. Once, and not for a detached thread.
  package func join() { pthread_join(handle, nil) }

  private final class Task: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }

    func run() {
      raudal_name_thread(name)
      letBrokenPipesPass()
      body()
    }

    private func letBrokenPipesPass() {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
  }
}
