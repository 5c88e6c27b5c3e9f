package import Columns
package import Plans
import Schemas
import Synchronization

/// Reads the columns of a task's response from JSON objects.
package final class ResponseDecoder: Sendable {
  private let columns: [Field]
  /// Of a task without such columns there is nothing to read.
  private let decoder: AnswerDecoder?
  /// One worker at a time uses it.
  private let turn = Mutex(())

  package init(_ task: TaskSpec) throws(ConnectorError) {
    columns = task.response.map(\.field)
    // A column that is not there is null, whatever its type says.
    let optional = task.response.map { column in
      var column = column
      column.field = Field(column.field.name, column.field.type, nullable: true)
      return column
    }
    let table = TableSpec(
      name: task.name, keys: [], connector: ConnectorSpec(connector: task.kind, options: []),
      decoding: DecodingSpec(format: .json, columns: optional))
    decoder = columns.isEmpty ? nil : try AnswerDecoder(table)
  }

  package var isEmpty: Bool { decoder == nil }

  /// As `TaskResponseReader` says. An empty object is none.
  package func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    guard let decoder else { return ([], [:]) }
    let nobody = Batch(schema: Schema([]), columns: [], rowCount: responses.count)
    let objects = responses.map { $0?.isEmpty == false ? $0 : nil }
    let answer = turn.withLock { _ in decoder.answer(nobody, objects) }
    var rows = Array(repeating: Int?.none, count: responses.count)
    for (row, key) in answer.keys.enumerated() { rows[key] = row }
    let read = columns.enumerated().map { place, field in
      let builder = ColumnBuilder(field.type, capacity: max(responses.count, 1))
      for row in rows {
        if let row {
          builder.append(from: answer.rows.columns[place], row: row)
        } else {
          builder.appendNull()
        }
      }
      return builder.finish()
    }
    return (read, answer.unreadable)
  }
}
