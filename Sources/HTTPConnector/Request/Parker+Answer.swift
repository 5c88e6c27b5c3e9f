import Platform
import Synchronization

extension Parker {
  /// Waits for the one value that `start` hands over, on any thread.
  static func answer<Value: Sendable>(
    _ start: (_ take: @escaping @Sendable (Value) -> Void) -> Void
  ) -> Value {
    let parker = Parker()
    let box = Mutex<Value?>(nil)
    start { value in
      box.withLock { $0 = value }
      parker.wake()
    }
    while true {
      if let value = box.withLock({ $0 }) { return value }
      parker.wait(nanoseconds: 100_000_000)
    }
  }
}
