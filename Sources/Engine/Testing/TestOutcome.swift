package import Plans

/// What became of one `test` block.
package struct TestOutcome: Sendable {
  package struct Failure: Sendable {
    package var expectation: TestExpectation
    /// Rows that the stream put out.
    package var actualCount: Int
    /// Rows that are as expected.
    package var equalCount: Int
    /// The columns that the expectation names.
    package var columns: [String]
    /// What differs, in the order in which it was expected.
    package var differences: [RowDifference]
  }

  package var name: String
  package var line: Int
  package var failures: [Failure]
  /// How far the event time of the sources came, in a test that holds: why windows are open.
  package var times: [(source: String, time: String)]
  /// Rows that came too late for a stage of a stream, by streams that had some.
  package var late: [(stream: String, rows: Int)]
}

/// An expected row beside the one that came instead.
package struct RowDifference: Hashable, Sendable {
  /// A cell for each column, empty where the row does not name it; nil: nobody expected the other.
  package var expected: [String]?
  /// Nil: nothing came.
  package var actual: [String]?
  /// The columns in which both differ.
  package var differing: Set<Int>

  package init(expected: [String]?, actual: [String]?, differing: Set<Int> = []) {
    self.expected = expected
    self.actual = actual
    self.differing = differing
  }
}
