import CPlatform
import Glibc

/// An operating system thread that runs one closure.
package struct SystemThread: Sendable {
  private let handle: pthread_t

  /// Starts a thread of that name (15 bytes are kept), pinned to a processor if one is given and
  /// the system allows it. nil when the system has no room for another thread.
  package init?(
    name: String, processor: Int? = nil, detached: Bool = false,
    _ body: @escaping @Sendable () -> Void
  ) {
    let task = Unmanaged.passRetained(Task(name: name, processor: processor, body: body))
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
    let processor: Int?
    let body: @Sendable () -> Void

    init(name: String, processor: Int?, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.processor = processor
      self.body = body
    }

    func run() {
      raudal_name_thread(name)
      if let processor { _ = raudal_pin_thread(Int32(truncatingIfNeeded: processor)) }
      body()
    }
  }
}
