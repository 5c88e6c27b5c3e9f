import CPostgres
import Connectors
import Columns
import Glibc

/// One connection to a PostgreSQL server, made when it is needed, and again after a failure. Used
/// by one lane alone.
final class PostgresSession: @unchecked Sendable {
  private static let statement = "raudal"

  private let parameters: [String: String]
  /// Microseconds.
  private let timeout: Int64
  private var connection: OpaquePointer?
  /// What the connection has prepared.
  private var prepared: String?

  init(_ parameters: [String: String], timeout: Int64) {
    self.parameters = parameters
    self.timeout = timeout
  }

  deinit { close() }

  func close() {
    if let connection { PQfinish(connection) }
    connection = nil
    prepared = nil
  }

  /// Of a statement's result the columns' types, by their numbers.
  func describe(_ text: String) throws(LookupFailure) -> [UInt32] {
    let connection = try connected()
    try expect(PQprepare(connection, "", text, 0, nil), PGRES_COMMAND_OK) { _ in }
    var types: [UInt32] = []
    try expect(PQdescribePrepared(connection, ""), PGRES_COMMAND_OK) { result in
      types = (0..<PQnfields(result)).map { PQftype(result, $0) }
    }
    return types
  }

  /// Runs a statement with texts for its parameters, prepared at its first time. `take` gets each
  /// row's cells, which live as long as its call.
  func run(
    _ text: String, _ parameters: [[UInt8]], _ take: ([UnsafeRawBufferPointer?]) -> Void
  ) throws(LookupFailure) {
    let connection = try connected()
    if prepared != text {
      try expect(PQexec(connection, "DEALLOCATE ALL"), PGRES_COMMAND_OK) { _ in }
      try expect(PQprepare(connection, Self.statement, text, 0, nil), PGRES_COMMAND_OK) { _ in }
      prepared = text
    }
    guard send(parameters, connection) == 1 else { throw broken(connection) }
    try wait(connection)
    let result = PQgetResult(connection)
    // The connection is free when there is none any more.
    while let further = PQgetResult(connection) { PQclear(further) }
    try expect(result, PGRES_TUPLES_OK) { result in
      let columns = PQnfields(result)
      for row in 0..<PQntuples(result) {
        take(
          (0..<columns).map { column in
            PQgetisnull(result, row, column) == 1
              ? nil
              : UnsafeRawBufferPointer(
                start: PQgetvalue(result, row, column),
                count: Int(PQgetlength(result, row, column)))
          })
      }
    }
  }

  private func send(_ parameters: [[UInt8]], _ connection: OpaquePointer) -> Int32 {
    // Texts end with a zero. The library copies them before it returns.
    var bytes: [CChar] = []
    for parameter in parameters {
      bytes += parameter.map { CChar(bitPattern: $0) }
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { bytes in
      var starts: [UnsafePointer<CChar>?] = []
      var start = 0
      for parameter in parameters {
        starts.append(bytes.baseAddress.map { $0 + start })
        start += parameter.count + 1
      }
      return PQsendQueryPrepared(
        connection, Self.statement, Int32(parameters.count), starts, nil, nil, 0)
    }
  }

  /// Until the whole answer is there. Who takes too long loses the connection.
  private func wait(_ connection: OpaquePointer) throws(LookupFailure) {
    let deadline = Self.now() + timeout
    while PQisBusy(connection) == 1 {
      let left = deadline - Self.now()
      guard left > 0 else {
        cancel(connection)
        close()
        throw LookupFailure("PostgreSQL gave no answer in time", isRetriable: true)
      }
      var watched = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
      _ = poll(&watched, 1, Int32(min(left / 1_000 + 1, 60_000)))
      guard watched.revents == 0 || PQconsumeInput(connection) == 1 else {
        throw broken(connection)
      }
    }
  }

  private func cancel(_ connection: OpaquePointer) {
    guard let cancel = PQgetCancel(connection) else { return }
    var text = [CChar](repeating: 0, count: 256)
    _ = PQcancel(cancel, &text, Int32(text.count))
    PQfreeCancel(cancel)
  }

  private func connected() throws(LookupFailure) -> OpaquePointer {
    if let connection { return connection }
    let names = parameters.keys.sorted()
    let texts = names.map { strdup($0) } + [nil]
    let values = names.map { strdup(parameters[$0] ?? "") } + [nil]
    defer { for text in texts + values { free(text) } }
    let made = PQconnectdbParams(
      texts.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
    guard let made else {
      throw LookupFailure("there is no memory for a connection", isRetriable: true)
    }
    connection = made
    guard PQstatus(made) == CONNECTION_OK else {
      let reason = String(cString: PQerrorMessage(made))
      close()
      // What the server itself said stands behind FATAL; the codes of a refused login are not told.
      let isRefused =
        reason.contains("FATAL:") && !reason.contains("starting up")
        && !reason.contains("shutting down") && !reason.contains("too many")
      throw LookupFailure(
        "PostgreSQL: \(Self.line(reason)); look at `url`, `username` and `password`",
        isRetriable: !isRefused)
    }
    return made
  }

  private func expect(
    _ result: OpaquePointer?, _ status: ExecStatusType, _ take: (OpaquePointer) -> Void
  ) throws(LookupFailure) {
    guard let result else {
      guard let connection else { return }
      throw broken(connection)
    }
    defer { PQclear(result) }
    guard PQresultStatus(result) != status else { return take(result) }
    let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
    let reason = Self.line(String(cString: PQresultErrorMessage(result)))
    // Of SQLSTATE: connection, transaction rollback, resources, operator, system. A statement that
    // was prepared before a change of the table is prepared anew.
    let passing = ["08", "40", "53", "57", "58", "0A", "26"]
    let isRetriable = state.map { state in passing.contains { state.hasPrefix($0) } } ?? true
    if isRetriable { close() }
    throw LookupFailure("PostgreSQL: \(reason)", isRetriable: isRetriable)
  }

  private func broken(_ connection: OpaquePointer) -> LookupFailure {
    let reason = Self.line(String(cString: PQerrorMessage(connection)))
    close()
    return LookupFailure(
      "PostgreSQL: \(reason.isEmpty ? "the connection is gone" : reason)", isRetriable: true)
  }

  /// A message of the library's, on one line.
  private static func line(_ text: String) -> String {
    text.split { $0.isNewline }.map { line in
      String(line.drop { $0 == " " || $0 == "\t" })
    }.joined(separator: "; ")
  }

  /// Microseconds of a clock that is never put back.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
