package import Platform

/// A process of the simulated world that can die or freeze at a numbered step.
package final class SimulatedProcess: @unchecked Sendable {
  package enum Fate {
    /// Dies before the deed of that step, or after it.
    case dies(at: Int, afterDeed: Bool)
    /// The same at the first deed that begins with these words (`commit 3`).
    case diesAt(deed: String, afterDeed: Bool)
    /// Stands still before the deed of that step while the given happens, then does it.
    case freezes(at: Int, meanwhile: () -> Void)
    case freezesAt(deed: String, meanwhile: () -> Void)
  }

  package let number: Int
  package let executor: SimulatedExecutor
  package var fate: Fate?
  /// Steps so far that made something durable.
  package private(set) var steps = 0
  /// What the step was at which its fate came over it.
  package private(set) var met: String?
  private let isAliveByNumber: (Int) -> Bool
  private let died: () -> Void

  package init(
    number: Int, executor: SimulatedExecutor, isAlive: @escaping (Int) -> Bool,
    died: @escaping () -> Void
  ) {
    self.number = number
    self.executor = executor
    self.isAliveByNumber = isAlive
    self.died = died
  }

  package func isAlive(_ number: Int) -> Bool { isAliveByNumber(number) }

  package func willMakeDurable(_ deed: String) {
    steps += 1
    switch fate {
    case .dies(steps, false): die(deed)
    case .diesAt(let words, false) where deed.hasPrefix(words): die(deed)
    case .freezes(steps, let meanwhile): freeze(deed, meanwhile)
    case .freezesAt(let words, let meanwhile) where deed.hasPrefix(words):
      freeze(deed, meanwhile)
    default: break
    }
  }

  private func freeze(_ deed: String, _ meanwhile: () -> Void) {
    fate = nil
    met = deed
    executor.isFrozen = true
    meanwhile()
    executor.isFrozen = false
  }

  package func didMakeDurable(_ deed: String) {
    switch fate {
    case .dies(steps, true): die(deed)
    case .diesAt(let words, true) where deed.hasPrefix(words): die(deed)
    default: break
    }
  }

  package func die(_ deed: String = "killed") {
    guard !executor.hasCrashed else { return }
    met = deed
    executor.crash()
    died()
  }
}
