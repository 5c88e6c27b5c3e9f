import KeyedState

/// How many tasks of a worker wait to be called again, for whoever asks: by the key of the table
/// that steers them.
struct TaskRetries {
  /// So many keys are told at most, those with the most tasks.
  private static let toldKeys = 1_000

  private var count = 0
  /// Of tasks that no table steers: nil.
  private var ofKeys: [LookupKey?: Int] = [:]

  mutating func add(_ tasks: Int, of key: LookupKey?) {
    count += tasks
    let sum = (ofKeys[key] ?? 0) + tasks
    if sum == 0 { ofKeys.removeValue(forKey: key) } else { ofKeys[key] = sum }
  }

  var reading: Waiting.Retries {
    var told = Array(ofKeys)
    if told.count > Self.toldKeys {
      told.sort { $0.value > $1.value }
      told.removeLast(told.count - Self.toldKeys)
    }
    var reading = Waiting.Retries(count: count)
    for (key, tasks) in told {
      // Else steered by nobody.
      if let key { reading.ofKeys[key.text] = tasks }
    }
    return reading
  }
}

extension ExecuteOperator: WaitingOperator {
  var waiting: Waiting {
    var waiting = Waiting(rows: store.count)
    waiting.retries = retries.reading
    waiting.rowless = lanes.rowless
    return waiting
  }

  /// Whether a task was called, and waits to be called again.
  private func isToBeRetried(_ task: UInt32) -> Bool {
    guard store[task].attempts > 0 else { return false }
    switch store[task].phase {
    case .waiting, .spent, .ready: return true
    default: return false
    }
  }

  /// A task has begun to wait: for its call, or for another one.
  func noteRetry(_ task: UInt32) {
    guard isToBeRetried(task) else { return }
    retries.add(1, of: lanes.steeredKey(of: store[task].lane))
  }

  /// A task that waits is about to be called, or to end.
  func forgetRetry(_ task: UInt32) {
    guard isToBeRetried(task) else { return }
    retries.add(-1, of: lanes.steeredKey(of: store[task].lane))
  }
}
