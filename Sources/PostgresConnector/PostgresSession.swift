import CPostgres
import Columns
import Connectors
import Glibc
import Plans

/// What a PostgreSQL server, or the way to it, answers in place of rows.
struct PostgresFailure: Error {
  var reason: String
  /// Its SQLSTATE, where the server said one.
  var state: String?
  var isRetriable: Bool

  /// Whether a value is to blame, and not the statement.
  var isOfData: Bool { state?.hasPrefix("22") ?? false }

  var lookup: LookupFailure { LookupFailure("PostgreSQL: \(reason)", isRetriable: isRetriable) }
}

/// One connection to a PostgreSQL server, made when it is needed, and again after a failure. Used
/// by one thread at a time.
///
/// All that is sent is waited for by its deadline: the library's own waiting has no bound.
final class PostgresSession: @unchecked Sendable {
  /// Later ones count over earlier ones.
  typealias Parameters = [(name: String, value: String)]

  private let parameters: Parameters
  /// Microseconds that the server may work on a statement, for we do not wait longer.
  private let timeout: Int64
  private var connection: OpaquePointer?
  /// What the connection has prepared.
  private var prepared: String?

  init(_ parameters: Parameters, timeout: Int64) {
    self.parameters = parameters
    self.timeout = timeout
  }

  deinit { close() }

  var isOpen: Bool { connection != nil }

  func close() {
    if let connection { PQfinish(connection) }
    connection = nil
    prepared = nil
  }

  /// Of a statement's result the columns' types, by their numbers, and how many parameters it
  /// takes.
  func describe(
    _ text: String, until deadline: LookupDeadline
  ) throws(PostgresFailure) -> (types: [UInt32], parameters: Int) {
    let connection = try connected(until: deadline)
    try settle(PQsendPrepare(connection, "", text, 0, nil), PGRES_COMMAND_OK, until: deadline)
    var types: [UInt32] = []
    var count = 0
    try settle(PQsendDescribePrepared(connection, ""), PGRES_COMMAND_OK, until: deadline) {
      result in
      types = (0..<PQnfields(result)).map { PQftype(result, $0) }
      count = Int(PQnparams(result))
      return true
    }
    return (types, count)
  }

  /// Runs a statement once, with texts for its parameters. `take` gets each row's cells, which live
  /// as long as its call.
  func run(
    _ text: String, _ parameters: [[UInt8]], until deadline: LookupDeadline,
    _ take: ([UnsafeRawBufferPointer?]) -> Void
  ) throws(PostgresFailure) {
    let connection = try connected(until: deadline)
    let sent = Self.texts(parameters) { texts in
      PQsendQueryParams(connection, text, Int32(texts.count), nil, texts, nil, nil, 0)
    }
    try settle(sent, PGRES_TUPLES_OK, until: deadline) { result in
      Self.rows(of: result, take)
      return true
    }
  }

  /// The same of a statement that a connection is always asked, prepared at its first time. Rows
  /// come one by one, so that no more than `limit` bytes of them and one row are in memory; false
  /// where there are more, and the connection is gone.
  func runPrepared(
    _ text: String, _ parameters: [[UInt8]], limit: Int, until deadline: LookupDeadline,
    _ take: ([UnsafeRawBufferPointer?]) -> Void
  ) throws(PostgresFailure) -> Bool {
    if let prepared, prepared != text { close() }
    let connection = try connected(until: deadline)
    if prepared == nil {
      let sent = PQsendPrepare(connection, Self.name(of: text), text, 0, nil)
      do throws(PostgresFailure) {
        try settle(sent, PGRES_COMMAND_OK, until: deadline.ofOpening)
      } catch  where error.state == "42P05" && isOpen {
        // A proxy gave us a connection that knows it already.
      }
      prepared = text
    }
    let sent = Self.texts(parameters) { texts in
      PQsendQueryPrepared(connection, Self.name(of: text), Int32(texts.count), texts, nil, nil, 0)
    }
    PQsetSingleRowMode(connection)
    var left = limit
    try settle(sent, PGRES_TUPLES_OK, until: deadline) { result in
      Self.rows(of: result) { cells in
        left -= cells.reduce(0) { $0 + ($1?.count ?? 0) }
        if left >= 0 { take(cells) }
      }
      return left >= 0
    }
    if left < 0 { close() }
    return left >= 0
  }

  /// Another for each text, for a proxy may hand one connection of the server's to many tables.
  private static func name(of text: String) -> String { "raudal_" + TextDigest.hexadecimal(text) }

  private static func rows(
    of result: OpaquePointer, _ take: ([UnsafeRawBufferPointer?]) -> Void
  ) {
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

  /// Texts that end with a zero. The library copies them before it returns.
  private static func texts(
    _ texts: [[UInt8]], _ send: ([UnsafePointer<CChar>?]) -> Int32
  ) -> Int32 {
    var bytes: [CChar] = []
    for text in texts {
      bytes += text.map { CChar(bitPattern: $0) }
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { bytes in
      var starts: [UnsafePointer<CChar>?] = []
      var start = 0
      for text in texts {
        starts.append(bytes.baseAddress.map { $0 + start })
        start += text.count + 1
      }
      return send(starts)
    }
  }
}

// Waiting.
extension PostgresSession {
  /// Waits for the results of what was sent; `sent` is what the library said of it. `take` says
  /// whether it wants more: what comes is in the connection otherwise, which is of no use then.
  private func settle(
    _ sent: Int32, _ status: ExecStatusType, until deadline: LookupDeadline,
    _ take: (OpaquePointer) -> Bool = { _ in true }
  ) throws(PostgresFailure) {
    guard let connection else { return }
    guard sent == 1 else { throw broken(connection) }
    try flush(connection, until: deadline)
    var (failure, isAnswered): (PostgresFailure?, Bool) = (nil, false)
    // The connection is free when there is none any more.
    while true {
      try arrive(connection, until: deadline)
      guard let result = PQgetResult(connection) else { break }
      defer { PQclear(result) }
      isAnswered = true
      let found = PQresultStatus(result)
      if found == status || found == PGRES_SINGLE_TUPLE {
        guard take(result) else { return }
      } else if failure == nil {
        failure = self.failure(of: result, connection)
        if !isOpen { break }
      }
    }
    if let failure { throw failure }
    guard isAnswered else { throw broken(connection) }
  }

  /// Until all is sent. What comes meanwhile is read, or a server that waits for it would not read.
  private func flush(
    _ connection: OpaquePointer, until deadline: LookupDeadline
  ) throws(PostgresFailure) {
    while true {
      let left = PQflush(connection)
      guard left >= 0 else { throw broken(connection) }
      guard left > 0 else { return }
      guard deadline.wait(for: PQsocket(connection), writing: true) else { throw late() }
      guard PQconsumeInput(connection) == 1 else { throw broken(connection) }
    }
  }

  /// Until the next result is there whole. Who takes too long loses the connection; the server
  /// stops by itself.
  private func arrive(
    _ connection: OpaquePointer, until deadline: LookupDeadline
  ) throws(PostgresFailure) {
    while PQisBusy(connection) == 1 {
      guard deadline.wait(for: PQsocket(connection)) else { throw late() }
      guard PQconsumeInput(connection) == 1 else { throw broken(connection) }
    }
  }

  private func late() -> PostgresFailure {
    close()
    return PostgresFailure(reason: "there was no answer in time", isRetriable: true)
  }

  private func failure(
    of result: OpaquePointer, _ connection: OpaquePointer
  ) -> PostgresFailure {
    let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
    let reason = Self.line(String(cString: PQresultErrorMessage(result)))
    func isOf(_ classes: [String]) -> Bool {
      state.map { state in classes.contains { state.hasPrefix($0) } } ?? true
    }
    // Of SQLSTATE: a statement that was prepared before a change of the table is prepared anew.
    let isOutdated = prepared != nil && isOf(["0A", "26"])
    // The connection or its server ends.
    if isOutdated || isOf(["08", "57P"]) || PQstatus(connection) == CONNECTION_BAD { close() }
    // Also transaction rollback, resources, operator, system.
    return PostgresFailure(
      reason: reason, state: state,
      isRetriable: isOutdated || isOf(["08", "40", "53", "57", "58"]))
  }

  private func broken(_ connection: OpaquePointer) -> PostgresFailure {
    let reason = Self.line(String(cString: PQerrorMessage(connection)))
    close()
    return PostgresFailure(
      reason: reason.isEmpty ? "the connection is gone" : reason, isRetriable: true)
  }

  /// A message of the library's, on one line.
  private static func line(_ text: String) -> String {
    text.split { $0.isNewline }.map { line in
      String(line.drop { $0 == " " || $0 == "\t" })
    }.joined(separator: "; ")
  }
}

// The beginning.
extension PostgresSession {
  private func connected(
    until deadline: LookupDeadline
  ) throws(PostgresFailure) -> OpaquePointer {
    if let connection { return connection }
    let names = parameters.map { strdup($0.name) } + [nil]
    let values = parameters.map { strdup($0.value) } + [nil]
    defer { for text in names + values { free(text) } }
    // It waits as long as `connect_timeout` says.
    let made = PQconnectdbParams(
      names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
    guard let made else {
      throw PostgresFailure(reason: "there is no memory for a connection", isRetriable: true)
    }
    connection = made
    guard PQstatus(made) == CONNECTION_OK, PQsetnonblocking(made, 1) == 0 else {
      let reason = Self.line(String(cString: PQerrorMessage(made)))
      close()
      let refusal = PostgresRefusal(reason)
      throw PostgresFailure(
        reason: reason + (refusal.advice.map { "; \($0)" } ?? ""),
        isRetriable: !refusal.isFinal)
    }
    // In others an offset may have seconds, which times as text have not.
    try set("'TimeZone', 'UTC'", until: deadline.ofOpening)
    try limit(until: deadline.ofOpening)
    return made
  }

  /// Lets the server end what nobody waits for, so that nothing needs to be sent to it then. What
  /// it allows less time already stays.
  private func limit(until deadline: LookupDeadline) throws(PostgresFailure) {
    let limit = "\(min((timeout + 999) / 1_000, Int64(Int32.max)))"
    try set(
      "'statement_timeout', '\(limit)'",
      where: "FROM pg_settings WHERE name = 'statement_timeout'"
        + " AND (setting = '0' OR setting::bigint > \(limit))",
      until: deadline)
  }

  private func set(
    _ setting: String, where condition: String = "", until deadline: LookupDeadline
  ) throws(PostgresFailure) {
    do throws(PostgresFailure) {
      try run("SELECT set_config(\(setting), false) \(condition)", [], until: deadline) { _ in }
    } catch  where isOpen {
      // A server that knows no such setting works on.
    }
  }
}
