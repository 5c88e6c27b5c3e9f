public import Schemas

/// A `test` block of a definition, checked and typed, for a runner to carry out.
public struct PipelineTest: Hashable, Sendable, Codable {
  public var name: String
  public var steps: [Step]
  /// The line of the definition it begins at, counted from 1.
  public var line: Int

  public enum Step: Hashable, Sendable, Codable {
    /// Rows of a source (one partition, in this order) or of a table.
    case given(TestRows)
    /// How the calls of a task are answered from here on.
    case responds(task: String, TaskScript)
    /// The event time of every source has come to this: microseconds since 1970.
    case advance(to: Int64)
    case expect(TestExpectation)
    case crashAndRestore
    case restart(parallelism: Int)
    /// The steps before it ran on the definition in that file, relative to this one; from here on
    /// this one goes on with what it left.
    case upgrade(from: String)
    /// The input does not end at the end of the test, and no window closes.
    case hold
  }

  public init(name: String, steps: [Step], line: Int) {
    self.name = name
    self.steps = steps
    self.line = line
  }

  /// Whether the input stays open at the end.
  public var holds: Bool { steps.contains(.hold) }

  public var expectations: [TestExpectation] {
    steps.compactMap { if case .expect(let expectation) = $0 { expectation } else { nil } }
  }
}

/// A row that a test gives.
public struct TestRow: Hashable, Sendable, Codable {
  /// A value for each field.
  public var values: [Literal]
  /// What it says of the record that it is read from, by the names of columns: `meta.timestamp`.
  public var record: [String: Literal]
  /// Whether it deletes the row of its key, or where there is none the row that it is.
  public var isDeletion: Bool

  public init(values: [Literal], record: [String: Literal] = [:], isDeletion: Bool = false) {
    self.isDeletion = isDeletion
    self.values = values
    self.record = record
  }
}

/// Rows of a source or table.
public struct TestRows: Hashable, Sendable, Codable {
  /// The source's or table's name.
  public var stream: String
  /// The declared columns, without hidden ones.
  public var schema: Schema
  public var rows: [TestRow]
  public var line: Int

  public init(stream: String, schema: Schema, rows: [TestRow], line: Int) {
    self.stream = stream
    self.schema = schema
    self.rows = rows
    self.line = line
  }
}

/// What a stream must have put out. Only the named columns of each row are compared.
public struct TestExpectation: Hashable, Sendable, Codable {
  public enum Comparison: String, Hashable, Sendable, Codable {
    /// These rows and no other, in any order.
    case all
    /// At least these.
    case contains
    /// These rows and no other, in this order.
    case ordered
  }

  /// As written: `views`, `views.late`.
  public var stream: String
  public var comparison: Comparison
  /// Each row names its own columns.
  public var rows: [[TestCell]]
  public var line: Int

  public init(stream: String, comparison: Comparison, rows: [[TestCell]], line: Int) {
    self.stream = stream
    self.comparison = comparison
    self.rows = rows
    self.line = line
  }
}

/// A column and the value it must have.
public struct TestCell: Hashable, Sendable, Codable {
  public var column: String
  public var type: DataType
  public var value: Literal

  public init(column: String, type: DataType, value: Literal) {
    self.column = column
    self.type = type
    self.value = value
  }
}
