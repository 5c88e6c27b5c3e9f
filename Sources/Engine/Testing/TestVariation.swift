/// One of the ways in which every test runs without being asked: what a definition computes must
/// depend neither on the number of workers nor on when a checkpoint is taken.
package struct TestVariation: Hashable, Sendable {
  package var workers: Int
  /// Whether the process crashes in the middle of what is given, and goes on from its checkpoint.
  package var crashes: Bool

  package init(workers: Int, crashes: Bool) {
    self.workers = workers
    self.crashes = crashes
  }

  package static let all = [
    TestVariation(workers: 1, crashes: false), TestVariation(workers: 3, crashes: false),
    TestVariation(workers: 1, crashes: true), TestVariation(workers: 3, crashes: true),
  ]
}

extension TestVariation: CustomStringConvertible {
  package var description: String {
    "parallelism \(workers)" + (crashes ? ", restored from a checkpoint in the middle" : "")
  }
}
