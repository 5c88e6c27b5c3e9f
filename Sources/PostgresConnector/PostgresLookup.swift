import Columns
import Connectors
import Formats
import Plans
import Platform
import Schemas
import Synchronization

/// A table of a PostgreSQL server, asked for all keys of a call by one prepared statement.
final class PostgresLookup: LookupClient {
  /// What a connection has to itself.
  final class Session: Sendable {
    let postgres: PostgresSession
    let decoder: AnswerDecoder

    init(_ postgres: PostgresSession, _ decoder: AnswerDecoder) {
      self.postgres = postgres
      self.decoder = decoder
    }
  }

  private let name: String
  private let statement: PostgresStatement
  private let parameters: [String: String]
  private let timeout: Int64
  private let lanes: LookupLanes<Session>
  /// Known from the start on.
  private let text = Mutex("")

  init(
    _ spec: TableSpec, _ statement: PostgresStatement, _ parameters: [String: String],
    timeout: Int64, connections: Int, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    name = spec.name
    self.statement = statement
    self.parameters = parameters
    self.timeout = timeout
    var decoders: [AnswerDecoder] = []
    for _ in 0..<connections { decoders.append(try AnswerDecoder(spec)) }
    lanes = LookupLanes(spec.name, count: connections, on: environment.lanes) {
      Session(PostgresSession(parameters, timeout: timeout), decoders.removeLast())
    }
  }

  /// A session of its own, for lanes are not waited for here.
  func start() throws(ConnectorError) {
    let session = PostgresSession(parameters, timeout: timeout)
    defer { session.close() }
    do throws(LookupFailure) {
      let types = try types(session)
      try check(types)
      text.withLock { $0 = statement.ask(types) }
    } catch {
      throw ConnectorError(
        error.isRetriable ? .unreachable : .configuration, "table `\(name)`: \(error.reason)")
    }
  }

  private func types(_ session: PostgresSession) throws(LookupFailure) -> [PostgresType] {
    var types: [PostgresType] = []
    for oid in try session.describe(statement.probe) {
      var name = "text"
      try session.run("SELECT format_type($1::oid, -1)", [Array("\(oid)".utf8)]) { cells in
        if let cell = cells.first ?? nil { name = String(decoding: cell, as: UTF8.self) }
      }
      types.append(PostgresType(oid: oid, name: name))
    }
    return types
  }

  private func check(_ types: [PostgresType]) throws(LookupFailure) {
    for (column, type) in zip(statement.columns, types) where !type.fits(column.field.type) {
      throw LookupFailure(
        "its column `\(column.name)` is \(type.name) at the server, and the table's type declares"
          + " \(column.field.type); change the type, or write a `query` that casts the column",
        isRetriable: false)
    }
  }

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    lanes.submit { [self] session in
      do throws(LookupFailure) {
        answer(.success(try rows(keys, session)))
      } catch {
        let reason = "table `\(name)`: \(error.reason)"
        answer(.failure(LookupFailure(reason, isRetriable: error.isRetriable)))
      }
    }
  }

  func close() { lanes.close { $0.postgres.close() } }

  private func rows(_ keys: Batch, _ session: Session) throws(LookupFailure) -> LookupAnswer {
    let arrays = keys.columns.map { column in
      PostgresStatement.array((0..<keys.rowCount).map { KeyText.text(column, $0) })
    }
    var objects: [[UInt8]?] = Array(repeating: nil, count: keys.rowCount)
    try session.postgres.run(text.withLock { $0 }, arrays) { cells in
      guard cells.count == 2, let number = cells[0], let object = cells[1],
        let key = Int(String(decoding: number, as: UTF8.self)), objects.indices.contains(key - 1)
      else { return }
      objects[key - 1] = Array(object)
    }
    return session.decoder.answer(keys, objects)
  }
}
