import Plans
import Platform
import Synchronization

/// Which sources, and which operators that hold rows, somebody still reads. A source all of whose
/// ways to a sink, or to a task that is executed, lead through exhausted operators is as good as at
/// its end.
final class DemandBoard: Sendable {
  private final class Answer: Sendable {
    let isOver = Atomic<Bool>(false)
  }

  /// Those who read each operator, whatever the output; nil for one that does something outside.
  private let readers: [[PhysicalPlan.Index]?]
  private let exhausted = Mutex<Set<PhysicalPlan.Index>>([])
  private let answers: [PhysicalPlan.Index: Answer]
  private let bells: [any Wake]

  /// - Parameter asking: those that want to know, sources and others.
  init(_ operators: [PhysicalOperator], asking: [PhysicalPlan.Index], bells: [any Wake]) {
    var readers: [[PhysicalPlan.Index]?] = operators.map { step in
      switch step.kind {
      case .sink, .execute: nil
      default: []
      }
    }
    for (index, step) in operators.enumerated() {
      for input in step.inputs { readers[input.from]?.append(index) }
    }
    self.readers = readers
    answers = Dictionary(uniqueKeysWithValues: asking.map { ($0, Answer()) })
    self.bells = bells
  }

  /// Whether nobody reads the operator any more. Takes no lock.
  func isOver(_ index: PhysicalPlan.Index) -> Bool {
    answers[index]?.isOver.load(ordering: .acquiring) ?? false
  }

  /// The operator drops whatever comes, on all workers. They are rung if that concerns one who
  /// asks.
  func exhaust(_ index: PhysicalPlan.Index) {
    let wanted = self.exhausted.withLock { exhausted in
      exhausted.insert(index)
      return self.wanted(without: exhausted)
    }
    var hasChanged = false
    for (asking, answer) in answers where !wanted[asking] {
      let wasOver = answer.isOver.exchange(true, ordering: .acquiringAndReleasing)
      hasChanged = hasChanged || !wasOver
    }
    if hasChanged { for bell in bells { bell.wake() } }
  }

  /// Of each operator whether a row of it can come to a sink. Readers stand behind what they read.
  private func wanted(without exhausted: Set<PhysicalPlan.Index>) -> [Bool] {
    var wanted = Array(repeating: false, count: readers.count)
    for index in readers.indices.reversed() where !exhausted.contains(index) {
      wanted[index] = readers[index]?.contains { wanted[$0] } ?? true
    }
    return wanted
  }
}
