import Columns
import Connectors
import Plans
import Schemas
import Synchronization

/// A table of a PostgreSQL server, as its connections share it.
final class PostgresTable: Sendable {
  let name: String
  let statement: PostgresStatement
  /// How it is asked, known once it was looked at.
  private let text = Mutex<String?>(nil)

  init(_ name: String, _ statement: PostgresStatement) {
    self.name = name
    self.statement = statement
  }

  func question(
    _ session: PostgresSession, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> String {
    if let text = text.withLock({ $0 }) { return text }
    return try look(session, until: deadline)
  }

  /// Checks the declared columns against the server's.
  @discardableResult
  func look(
    _ session: PostgresSession, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> String {
    let types = try checkedTypes(session, until: deadline)
    let question = statement.ask(types, limit: LookupPool.answerLimit)
    // A query may not take the keys as they come.
    _ = try session.describe(question, until: deadline)
    text.withLock { $0 = question }
    return question
  }

  /// All rows, as JSON.
  func rows(
    _ session: PostgresSession, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> [[UInt8]] {
    let types = try checkedTypes(session, until: deadline)
    var rows: [[UInt8]] = []
    let isWhole = try session.runPrepared(
      statement.whole(types), [], limit: WholeTable.limit, until: deadline
    ) { cells in
      if let cell = cells.first ?? nil { rows.append(Array(cell)) }
    }
    guard isWhole else {
      throw PostgresFailure(
        reason: "its rows have more than \(WholeTable.limit) bytes as JSON; without `refresh` they"
          + " are asked for by key",
        isRetriable: false)
    }
    return rows
  }

  private func checkedTypes(
    _ session: PostgresSession, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> [PostgresType] {
    let (types, parameters) = try types(session, until: deadline)
    if let wanted = statement.parameters, wanted != parameters {
      throw PostgresFailure(
        reason: Self.wrongParameters(parameters, statement.keys.map(\.field.name)),
        isRetriable: false)
    }
    for (column, type) in zip(statement.columns, types) where !type.fits(column.field.type) {
      throw PostgresFailure(
        reason: "the column `\(column.name)` is \(type.name) at the server, and the table's type"
          + " declares \(column.field.type); change the type, or write a `query` that casts the"
          + " column",
        isRetriable: false)
    }
    return types
  }

  private func types(
    _ session: PostgresSession, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> (types: [PostgresType], parameters: Int) {
    var types: [PostgresType] = []
    let (numbers, count) = try session.describe(statement.probe, until: deadline)
    for oid in numbers {
      var name = "text"
      let parameters = [Array("\(oid)".utf8)]
      try session.run("SELECT format_type($1::oid, -1)", parameters, until: deadline) { cells in
        if let cell = cells.first ?? nil { name = String(decoding: cell, as: UTF8.self) }
      }
      types.append(PostgresType(oid: oid, name: name))
    }
    return (types, count)
  }

  private static func wrongParameters(_ count: Int, _ keys: [String]) -> String {
    if keys.isEmpty {
      return "`query` takes a key, and a table with `refresh` is read whole: leave `$1` out"
    }
    let wanted = keys.enumerated().map { "`$\($0 + 1)` for `\($1)`" }.joined(separator: ", ")
    return "`query` takes \(count == 1 ? "1 parameter" : "\(count) parameters"); it must take an"
      + " array of each key column: \(wanted), as in `… WHERE \(keys.first ?? "id") = ANY($1)`"
  }
}

/// Asks for all keys of a call by one prepared statement.
final class PostgresLookup: LookupConnection {
  private let table: PostgresTable
  private let session: PostgresSession
  private let decoder: AnswerDecoder

  init(_ table: PostgresTable, _ session: PostgresSession, _ decoder: AnswerDecoder) {
    self.table = table
    self.session = session
    self.decoder = decoder
  }

  var isOpen: Bool { session.isOpen }

  func close() { session.close() }

  func check(until deadline: LookupDeadline) throws(LookupFailure) {
    do throws(PostgresFailure) {
      try table.look(session, until: deadline)
    } catch {
      throw error.lookup
    }
  }

  func answer(
    _ keys: Batch, until deadline: LookupDeadline
  ) throws(LookupFailure) -> LookupAnswer {
    var question = PostgresQuestion(keys)
    do throws(PostgresFailure) {
      let text = try table.question(session, until: deadline)
      try question.ask(question.askable[...], text, session, until: deadline)
    } catch {
      throw error.lookup
    }
    var answer = decoder.answer(keys, question.objects)
    for (key, reason) in question.unreadable {
      answer.unreadable[key] = "a row of table `\(table.name)`: PostgreSQL: \(reason)"
    }
    return answer
  }
}

/// The keys of a call, and what the server has said of each.
private struct PostgresQuestion {
  /// Of each key column its values.
  private let texts: [[[UInt8]]]
  /// Rows as JSON.
  private(set) var objects: [[UInt8]?]
  private(set) var unreadable: [Int: String] = [:]

  init(_ keys: Batch) {
    texts = keys.columns.map { column in
      (0..<keys.rowCount).map { KeyText.text(column, $0) }
    }
    objects = Array(repeating: nil, count: keys.rowCount)
  }

  /// No text of the server's has a zero byte, and so no row is there of a key that has one.
  var askable: [Int] {
    objects.indices.filter { row in !texts.contains { $0[row].contains(0) } }
  }

  /// Where a value cannot be read the server answers none of the keys: then each half is asked for
  /// alone, until the one to blame is found.
  mutating func ask(
    _ keys: ArraySlice<Int>, _ text: String, _ session: PostgresSession,
    until deadline: LookupDeadline
  ) throws(PostgresFailure) {
    guard let only = keys.first else { return }
    let arrays = texts.map { texts in PostgresStatement.array(keys.map { texts[$0] }) }
    var found: [(key: Int, object: [UInt8]?, size: String)] = []
    do throws(PostgresFailure) {
      let isWhole = try session.runPrepared(
        text, arrays, limit: LookupPool.answerLimit, until: deadline
      ) { cells in
        guard cells.count == 3, let number = cells[0], let size = cells[2],
          let place = Int(String(decoding: number, as: UTF8.self)), (1...keys.count) ~= place
        else { return }
        let key = keys[keys.startIndex + place - 1]
        found.append((key, cells[1].map { Array($0) }, String(decoding: size, as: UTF8.self)))
      }
      guard isWhole else { throw tooMuch(keys, behind: found.last?.key) }
    } catch  where error.isOfData {
      guard keys.count > 1 else {
        unreadable[only] = error.reason
        return
      }
      let middle = keys.startIndex + keys.count / 2
      try ask(keys[..<middle], text, session, until: deadline)
      return try ask(keys[middle...], text, session, until: deadline)
    }
    for (key, object, size) in found {
      objects[key] = object
      unreadable[key] = object == nil ? LookupPool.tooLarge(size, key: name(of: key)) : nil
    }
  }

  private func tooMuch(_ keys: ArraySlice<Int>, behind last: Int?) -> PostgresFailure {
    PostgresFailure(
      reason: LookupPool.tooMuch(behind: name(of: last ?? keys[keys.startIndex])),
      isRetriable: false)
  }

  private func name(of key: Int) -> String {
    texts.map { String(decoding: $0[key], as: UTF8.self) }.joined(separator: ", ")
  }
}
