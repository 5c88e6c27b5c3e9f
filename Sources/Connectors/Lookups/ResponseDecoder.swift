package import Columns
package import Plans
import Schemas
import Synchronization

/// Reads the columns of a task's response from JSON objects: all columns of all responses at once,
/// and of responses of which a value can't be read each column by itself, so that only that value
/// is missing. A column of texts takes numbers and truth values as they are written.
package final class ResponseDecoder: Sendable {
  private let columns: [Field]
  /// Of a task without such columns there is nothing to read.
  private let whole: AnswerDecoder?
  /// Of each column alone.
  private let parts: [AnswerDecoder]
  /// One worker at a time uses them.
  private let turn = Mutex(())

  package init(_ task: TaskSpec) throws(ConnectorError) {
    columns = task.response.map(\.field)
    // A column that is not there is null, whatever its type says.
    let optional = task.response.map { column in
      var column = column
      column.field = Field(column.field.name, column.field.type, nullable: true)
      return column
    }
    whole = optional.isEmpty ? nil : try Self.decoder(of: optional, task, coerces: false)
    var parts: [AnswerDecoder] = []
    for column in optional {
      parts.append(try Self.decoder(of: [column], task, coerces: column.field.type == .string))
    }
    self.parts = parts
  }

  private static func decoder(
    of columns: [DecodedColumn], _ task: TaskSpec, coerces: Bool
  ) throws(ConnectorError) -> AnswerDecoder {
    let table = TableSpec(
      name: task.name, keys: [], connector: ConnectorSpec(connector: task.kind, options: []),
      decoding: DecodingSpec(format: .json, columns: columns))
    return try AnswerDecoder(table, coerces: coerces, isOfTable: false)
  }

  package var isEmpty: Bool { whole == nil }

  /// As `TaskResponseReader` says. An empty object is none.
  package func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    guard let whole else { return ([], [:]) }
    let objects = responses.map { $0?.isEmpty == false ? $0 : nil }
    return turn.withLock { _ in
      let answer = Self.answer(whole, objects)
      guard !answer.unreadable.isEmpty else { return (read(answer, objects.count), [:]) }
      return readParts(answer, objects)
    }
  }

  /// Of what can't be read whole what can be, and why the rest can't.
  private func readParts(
    _ answer: LookupAnswer, _ objects: [[UInt8]?]
  ) -> (columns: [Column], unreadable: [Int: String]) {
    let known = answer.unreadable
    let odd = objects.enumerated().map { row, object in known[row] == nil ? nil : object }
    let answers = parts.map { Self.answer($0, odd) }
    let read = columns.indices.map { place in
      column(place, objects.count, of: [(answer, place), (answers[place], 0)])
    }
    let unreadable = known.keys.compactMap { row -> (Int, String)? in
      var reasons: [String] = []
      for case let reason? in answers.map({ $0.unreadable[row] }) where !reasons.contains(reason) {
        reasons.append(reason)
      }
      return reasons.isEmpty ? nil : (row, reasons.joined(separator: "; "))
    }
    return (read, Dictionary(uniqueKeysWithValues: unreadable))
  }

  private static func answer(_ decoder: AnswerDecoder, _ objects: [[UInt8]?]) -> LookupAnswer {
    decoder.answer(Batch(schema: Schema([]), columns: [], rowCount: objects.count), objects)
  }

  private func read(_ answer: LookupAnswer, _ count: Int) -> [Column] {
    columns.indices.map { column($0, count, of: [(answer, $0)]) }
  }

  /// Of the column with that place: its values in any of these answers.
  private func column(
    _ place: Int, _ count: Int, of sources: [(answer: LookupAnswer, place: Int)]
  ) -> Column {
    var rows = Array(repeating: (column: Column, row: Int)?.none, count: count)
    for (answer, place) in sources {
      let column = answer.rows.columns[place]
      for (row, key) in answer.keys.enumerated() { rows[key] = (column, row) }
    }
    let builder = ColumnBuilder(columns[place].type, capacity: max(count, 1))
    for row in rows {
      if let row { builder.append(from: row.column, row: row.row) } else { builder.appendNull() }
    }
    return builder.finish()
  }
}
