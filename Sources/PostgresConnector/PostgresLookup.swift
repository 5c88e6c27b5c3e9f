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
    let types = try types(session, until: deadline)
    for (column, type) in zip(statement.columns, types) where !type.fits(column.field.type) {
      throw PostgresFailure(
        reason: "the column `\(column.name)` is \(type.name) at the server, and the table's type"
          + " declares \(column.field.type); change the type, or write a `query` that casts the"
          + " column",
        isRetriable: false)
    }
    let question = statement.ask(types)
    // A query may not take the keys as they come.
    _ = try session.describe(question, until: deadline)
    text.withLock { $0 = question }
    return question
  }

  private func types(
    _ session: PostgresSession, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> [PostgresType] {
    var types: [PostgresType] = []
    for oid in try session.describe(statement.probe, until: deadline) {
      var name = "text"
      let parameters = [Array("\(oid)".utf8)]
      try session.run("SELECT format_type($1::oid, -1)", parameters, until: deadline) { cells in
        if let cell = cells.first ?? nil { name = String(decoding: cell, as: UTF8.self) }
      }
      types.append(PostgresType(oid: oid, name: name))
    }
    return types
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
    var found: [(key: Int, object: [UInt8])] = []
    do throws(PostgresFailure) {
      try session.runPrepared(text, arrays, until: deadline) { cells in
        guard cells.count == 2, let number = cells[0], let object = cells[1],
          let place = Int(String(decoding: number, as: UTF8.self)), (1...keys.count) ~= place
        else { return }
        found.append((keys[keys.startIndex + place - 1], Array(object)))
      }
    } catch  where error.isOfData {
      guard keys.count > 1 else {
        unreadable[only] = error.reason
        return
      }
      let middle = keys.startIndex + keys.count / 2
      try ask(keys[..<middle], text, session, until: deadline)
      return try ask(keys[middle...], text, session, until: deadline)
    }
    for (key, object) in found { objects[key] = object }
  }
}
