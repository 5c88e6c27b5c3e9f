import CHiredis
import Columns
import Connectors
import Formats
import Plans
import Platform
import Schemas

/// A table of a Redis server: JSON values by `MGET`, hashes by `HMGET`, all keys of a call in one
/// round trip.
final class RedisLookup: LookupClient {
  /// What a connection has to itself.
  final class Session: Sendable {
    let redis: RedisSession
    let decoder: AnswerDecoder

    init(_ redis: RedisSession, _ decoder: AnswerDecoder) {
      self.redis = redis
      self.decoder = decoder
    }
  }

  private let name: String
  private let prefix: [UInt8]
  /// The names of the hash's fields that are read, and of the columns; nil where values are JSON.
  private let fields: [(field: [UInt8], column: String)]?
  private let address: RedisAddress
  private let lanes: LookupLanes<Session>

  init(
    _ spec: TableSpec, _ address: RedisAddress, prefix: String, isHash: Bool, connections: Int,
    _ environment: ConnectorEnvironment
  ) throws(ConnectorError) {
    name = spec.name
    self.prefix = Array(prefix.utf8)
    self.address = address
    for column in spec.decoding.columns where spec.keys.contains(column.field.name) {
      guard KeyText.exists(of: column.field.type) else {
        throw ConnectorError(
          .configuration,
          "table `\(spec.name)`: a key of type \(column.field.type) has no text that Redis knows;"
            + " string, int, bool, decimal, date and timestamp have")
      }
    }
    var names: [(field: [UInt8], column: String)] = []
    for column in spec.decoding.columns where !spec.keys.contains(column.field.name) {
      guard case .field(let field) = column.origin else { continue }
      names.append((Array(field.utf8), field))
    }
    fields = isHash ? names : nil
    var decoders: [AnswerDecoder] = []
    for _ in 0..<connections { decoders.append(try AnswerDecoder(spec, coerces: isHash)) }
    lanes = LookupLanes(spec.name, count: connections, on: environment.lanes) {
      Session(RedisSession(address), decoders.removeLast())
    }
  }

  /// A session of its own, for lanes are not waited for here.
  func start() throws(ConnectorError) {
    let session = RedisSession(address)
    defer { session.close() }
    var refused: String?
    do throws(LookupFailure) {
      try session.run([[Array("PING".utf8)]]) { reply in
        if reply.pointee.type == REDIS_REPLY_ERROR { refused = reply.text }
      }
    } catch {
      throw ConnectorError(
        error.isRetriable ? .unreachable : .configuration, "table `\(name)`: \(error.reason)")
    }
    guard let refused else { return }
    let advice = refused.hasPrefix("NOAUTH") ? "; write `password: secret(\"…\")`" : ""
    throw ConnectorError(
      .configuration, "table `\(name)`: Redis answers \(refused)\(advice)")
  }

  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void
  ) {
    lanes.submit { [self] session in
      do throws(LookupFailure) {
        answer(.success(try fields == nil ? values(keys, session) : hashes(keys, session)))
      } catch {
        let reason = "table `\(name)`: \(error.reason)"
        answer(.failure(LookupFailure(reason, isRetriable: error.isRetriable)))
      }
    }
  }

  func close() { lanes.close { $0.redis.close() } }

  private func key(_ keys: Batch, _ row: Int) -> [UInt8] {
    var text = prefix
    for (place, column) in keys.columns.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ":")) }
      text += KeyText.text(column, row)
    }
    return text
  }

  private func values(_ keys: Batch, _ session: Session) throws(LookupFailure) -> LookupAnswer {
    let names = (0..<keys.rowCount).map { key(keys, $0) }
    var result: LookupAnswer?
    var refused: String?
    try session.redis.run([[Array("MGET".utf8)] + names]) { reply in
      if reply.pointee.type == REDIS_REPLY_ERROR { refused = reply.text }
      // A key that holds something else than a value reads as none.
      let objects = reply.elements.map(\.bytes)
      if objects.count == keys.rowCount { result = session.decoder.answer(keys, objects) }
    }
    if let result { return result }
    throw refusal(refused)
  }

  private func hashes(_ keys: Batch, _ session: Session) throws(LookupFailure) -> LookupAnswer {
    guard let fields else { return try values(keys, session) }
    var commands: [[[UInt8]]] = []
    for row in 0..<keys.rowCount {
      let name = key(keys, row)
      commands.append([Array("EXISTS".utf8), name])
      if !fields.isEmpty { commands.append([Array("HMGET".utf8), name] + fields.map(\.field)) }
    }
    var objects: [[UInt8]?] = []
    var isThere = false
    var refused: String?
    try session.redis.run(commands) { reply in
      switch reply.pointee.type {
      case REDIS_REPLY_INTEGER:
        isThere = reply.pointee.integer > 0
        objects.append(isThere ? Array("{}".utf8) : nil)
      case REDIS_REPLY_ARRAY:
        guard isThere, !objects.isEmpty else { return }
        objects[objects.count - 1] = Self.object(fields.map(\.field), reply.elements)
      // What lies there is no hash: a row that cannot be read, as a value that is no JSON.
      case REDIS_REPLY_ERROR where reply.text.hasPrefix("WRONGTYPE") && isThere:
        objects[objects.count - 1] = Array(reply.text.utf8)
      default: refused = refused ?? reply.text
      }
    }
    if refused != nil || objects.count != keys.rowCount { throw refusal(refused) }
    return session.decoder.answer(keys, objects)
  }

  /// A hash as a JSON object of texts.
  private static func object(
    _ fields: [[UInt8]], _ values: [UnsafePointer<redisReply>]
  ) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 256)
    buffer.append("{")
    var isFirst = true
    for (field, value) in zip(fields, values) {
      guard let bytes = value.bytes else { continue }
      if !isFirst { buffer.append(",") }
      isFirst = false
      JSONText.write(field, to: buffer)
      buffer.append(":")
      JSONText.write(Array(bytes), to: buffer)
    }
    buffer.append("}")
    return Array(UnsafeBufferPointer(start: UnsafePointer(buffer.base), count: buffer.count))
  }

  private func refusal(_ text: String?) -> LookupFailure {
    let text = text ?? "something else than was asked for"
    let passes = ["LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "BUSY"]
    return LookupFailure(
      "Redis answers \(text)", isRetriable: passes.contains { text.hasPrefix($0) })
  }
}
