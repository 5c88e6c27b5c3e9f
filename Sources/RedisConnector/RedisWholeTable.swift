import CHiredis
import Columns
import Connectors
import Plans
import Platform
import Schemas

/// A table of which all rows are read: its keys are listed by `SCAN`, and what lies under them is
/// asked for as if rows had come for it.
final class RedisWholeTable: Source {
  private let server: RedisServer
  private let environment: ConnectorEnvironment
  /// Microseconds for all of it.
  private let timeout: Int64
  private let partition: PartitionID

  init(_ server: RedisServer, _ environment: ConnectorEnvironment, timeout: Int64) {
    self.server = server
    self.environment = environment
    self.timeout = timeout
    partition = PartitionID(source: server.spec.name, topic: server.spec.name, number: 0)
  }

  func partitions(fixEnds: Bool) throws(ConnectorError) -> [SourcePartition] {
    let start = Position(offset: 0)
    return [SourcePartition(id: partition, start: start, beginning: start)]
  }

  func makeReader(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SourceReader {
    RedisTableReader(
      partition, server.spec.place,
      try RedisTableRows(server, until: LookupDeadline(environment.clock, in: timeout)),
      environment.notify)
  }
}

/// Hands out the rows of a table as they are found, and says at its end what was no row.
private final class RedisTableReader: SourceReader {
  private let partition: PartitionID
  private let place: String
  private let table: RedisTableRows
  private let notify: @Sendable (String) -> Void
  private var next: Int64 = 0

  init(
    _ partition: PartitionID, _ place: String, _ table: RedisTableRows,
    _ notify: @escaping @Sendable (String) -> Void
  ) {
    self.partition = partition
    self.place = place
    self.table = table
    self.notify = notify
  }

  func poll(limit: Int) throws(ConnectorError) -> SourcePoll {
    let rows: Batch?
    do throws(LookupFailure) {
      rows = try table.next()
    } catch {
      throw ConnectorError(
        error.isRetriable ? .unreachable : .configuration, "\(place): \(error.reason)")
    }
    if let (key, reason) = table.unreadable {
      // Whoever asked for it would say whose row it is.
      let known = "a row of \(place): "
      let text = reason.hasPrefix(known) ? String(reason.dropFirst(known.count)) : reason
      throw ConnectorError(.fatal, "\(place): the row under the key `\(key)`: \(text)")
    }
    guard let rows else {
      try tellStrangers()
      return .ended(partition)
    }
    next += Int64(rows.rowCount)
    return .rows(rows, partition, next: Position(offset: next))
  }

  /// Other things may lie beside the rows. Where nothing else does, they are what is meant.
  private func tellStrangers() throws(ConnectorError) {
    if let first = table.firstStranger {
      guard next > 0 else { throw ConnectorError(.configuration, "\(place): \(first)") }
      let count = table.strangers == 1 ? "1 key is" : "\(table.strangers) keys are"
      notify("\(place): \(count) left out that hold no row of it. The first: \(first)")
    } else if next == 0, let key = table.firstUnknown {
      notify(
        "\(place) is empty: no key in Redis reads as one of its keys, such as `\(key)`; look at"
          + " `prefix`, and at the key's type")
    }
  }

  func add(_ partition: PartitionID, at position: Position, end: Position?) {}
  func hold(_ partition: PartitionID) {}
  func release(_ partition: PartitionID) {}
  func close() { table.close() }
}

/// The rows that a server holds, page by page.
private final class RedisTableRows {
  /// Keys that the server looks at for one page, about.
  private static let page = "512"

  private let server: RedisServer
  private let keys: RedisKeys
  private let deadline: LookupDeadline
  /// It lists keys and does nothing else, so that it stands from the first page to the last: the
  /// cursor is one server's, and says nothing to another that listens there since.
  private let list: RedisSession
  private let lookup: RedisLookup
  private let command: [[UInt8]]
  /// Where the next page begins; nil behind the last.
  private var cursor: [UInt8]? = Array("0".utf8)
  private var found: [Batch] = []

  /// Keys that hold something of another type.
  private(set) var strangers = 0
  private(set) var firstStranger: String?
  /// A key that is none of the table's.
  private(set) var firstUnknown: String?
  /// A row that is there and cannot be read: there is no table with a hole.
  private(set) var unreadable: (key: String, reason: String)?

  init(_ server: RedisServer, until deadline: LookupDeadline) throws(ConnectorError) {
    self.server = server
    self.deadline = deadline
    keys = try RedisKeys(server.spec, server.table)
    list = server.session()
    lookup = try server.connect()
    let prefix = server.table.prefix
    let match = prefix.isEmpty ? [] : [Array("MATCH".utf8), Self.pattern(prefix)]
    command = match + [Array("COUNT".utf8), Array(Self.page.utf8)]
  }

  /// nil when all were given.
  func next() throws(LookupFailure) -> Batch? {
    while found.isEmpty, let cursor, unreadable == nil {
      let names = try names(from: cursor)
      let keys = keys.keys(in: names)
      if keys.rowCount < names.count, firstUnknown == nil {
        let known = Set(server.table.names(keys))
        firstUnknown = names.first { !known.contains($0) }.map { Self.text($0) }
      }
      try take(keys)
      // What was read on a connection that was made since may be another server's.
      if self.cursor == nil { try confirm() }
    }
    return found.popLast()
  }

  func close() {
    list.close()
    lookup.close()
  }

  /// The keys of a page.
  private func names(from cursor: [UInt8]) throws(LookupFailure) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var refused: RedisRefusal?
    let isWhole = try list.run(
      [[Array("SCAN".utf8), cursor] + command], until: deadline
    ) { _, reply in
      let parts = reply.elements
      guard parts.count == 2, let next = parts[0].bytes else {
        refused = RedisRefusal(reply) ?? .unexpected
        return
      }
      self.cursor = next.elementsEqual("0".utf8) ? nil : Array(next)
      names = parts[1].elements.compactMap { name in name.bytes.map { Array($0) } }
    }
    if let refused { throw refused.failure }
    guard isWhole else {
      throw LookupFailure("Redis: the keys of one page are too long", isRetriable: false)
    }
    return names
  }

  /// The rows of some keys; of half of them each where they are too much at once.
  private func take(_ keys: Batch) throws(LookupFailure) {
    guard keys.rowCount > 0, unreadable == nil else { return }
    switch try lookup.look(keys, until: deadline) {
    case .rows(let answer, let others):
      if let (key, reason) = answer.unreadable.min(by: { $0.key < $1.key }) {
        unreadable = (Self.text(server.table.names(keys)[key]), reason)
      }
      strangers += others.count
      firstStranger = firstStranger ?? others.min { $0.key < $1.key }?.value
      if answer.rows.rowCount > 0 { found.append(answer.rows) }
    case .tooMuch:
      let middle = UInt32(keys.rowCount / 2)
      try take(keys.gathered(rows: Array(0..<middle)))
      try take(keys.gathered(rows: Array(middle..<UInt32(keys.rowCount))))
    }
  }

  /// That the server that listed the keys is there still.
  private func confirm() throws(LookupFailure) {
    var refused: RedisRefusal?
    try list.run([[Array("PING".utf8)]], until: deadline) { refused = RedisRefusal($1) }
    if let refused { throw refused.failure }
  }

  /// As `MATCH` wants what keys begin with.
  private static func pattern(_ prefix: [UInt8]) -> [UInt8] {
    let special = Set("*?[]\\^".utf8)
    return prefix.flatMap { special.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
      + [UInt8(ascii: "*")]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
