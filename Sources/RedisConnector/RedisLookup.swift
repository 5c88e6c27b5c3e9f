import CHiredis
import Columns
import Connectors
import Formats
import Plans
import Schemas

/// A table of a Redis server, as its connections share it: what its keys and fields are called.
struct RedisTable: Sendable {
  let prefix: [UInt8]
  /// The names of the hash's fields that are read; nil where values are JSON.
  let fields: [[UInt8]]?

  init(_ spec: TableSpec, prefix: String, isHash: Bool) throws(ConnectorError) {
    self.prefix = Array(prefix.utf8)
    var names: [[UInt8]] = []
    for column in spec.decoding.columns {
      if spec.keys.contains(column.field.name) {
        guard KeyText.exists(of: column.field.type) else {
          throw ConnectorError(
            .configuration,
            "table `\(spec.name)`: a key of type \(column.field.type) has no text that Redis knows;"
              + " string, int, bool, decimal, date and timestamp have")
        }
      } else if case .field(let field) = column.origin {
        names.append(Array(field.utf8))
      }
    }
    fields = isHash ? names : nil
  }

  func names(_ keys: Batch) -> [[UInt8]] {
    (0..<keys.rowCount).map { row in
      var text = prefix
      for (place, column) in keys.columns.enumerated() {
        if place > 0 { text.append(UInt8(ascii: ":")) }
        text += KeyText.text(column, row)
      }
      return text
    }
  }
}

/// Asks for JSON values by `MGET`, for hashes by `HMGET`, for all keys of a call in one round trip.
final class RedisLookup: LookupConnection {
  private let table: RedisTable
  private let session: RedisSession
  private let decoder: AnswerDecoder

  init(_ table: RedisTable, _ session: RedisSession, _ decoder: AnswerDecoder) {
    self.table = table
    self.session = session
    self.decoder = decoder
  }

  var isOpen: Bool { session.isOpen }

  func close() { session.close() }

  func check(until deadline: LookupDeadline) throws(LookupFailure) {
    var refused: RedisRefusal?
    try session.run([[Array("PING".utf8)]], until: deadline) { refused = RedisRefusal($1) }
    if let refused { throw refused.failure }
  }

  func answer(
    _ keys: Batch, until deadline: LookupDeadline
  ) throws(LookupFailure) -> LookupAnswer {
    let names = table.names(keys)
    guard let fields = table.fields else { return try values(keys, names, until: deadline) }
    var hashes = RedisHashes(fields, count: names.count)
    if !fields.isEmpty {
      try session.run(names.map(hashes.get), until: deadline) { hashes.take($1, of: $0) }
    }
    // A hash without any of the fields is a row of nulls, or is none. It is read again where it is
    // looked for, for it may have come since.
    let bare = names.indices.filter { hashes.objects[$0] == nil }
    let looks = bare.flatMap { [[Array("EXISTS".utf8), names[$0]]] + hashes.again(names[$0]) }
    if !looks.isEmpty, hashes.refused == nil {
      let step = looks.count / bare.count
      try session.run(looks, until: deadline) { hashes.take($1, of: bare[$0 / step]) }
    }
    if let refused = hashes.refused { throw refused.failure }
    return decoder.answer(keys, hashes.objects)
  }

  private func values(
    _ keys: Batch, _ names: [[UInt8]], until deadline: LookupDeadline
  ) throws(LookupFailure) -> LookupAnswer {
    var result: LookupAnswer?
    var refused: RedisRefusal?
    try session.run([[Array("MGET".utf8)] + names], until: deadline) { _, reply in
      refused = RedisRefusal(reply)
      // A key that holds something else than a value reads as none.
      let objects = reply.elements.map(\.bytes)
      if objects.count == names.count { result = decoder.answer(keys, objects) }
    }
    if let result { return result }
    throw (refused ?? .unexpected).failure
  }
}

/// Hashes as they are found out.
private struct RedisHashes {
  private let fields: [[UInt8]]
  /// Of each key a JSON object of texts; nil where none was found.
  private(set) var objects: [[UInt8]?]
  private(set) var refused: RedisRefusal?

  init(_ fields: [[UInt8]], count: Int) {
    self.fields = fields
    objects = Array(repeating: nil, count: count)
  }

  func get(_ name: [UInt8]) -> [[UInt8]] { [Array("HMGET".utf8), name] + fields }

  func again(_ name: [UInt8]) -> [[[UInt8]]] { fields.isEmpty ? [] : [get(name)] }

  mutating func take(_ reply: UnsafePointer<redisReply>, of key: Int) {
    switch reply.pointee.type {
    case REDIS_REPLY_ARRAY:
      if let object = object(reply.elements) { objects[key] = object }
    case REDIS_REPLY_INTEGER:
      if reply.pointee.integer > 0 { objects[key] = Array("{}".utf8) }
    // What lies there is no hash: a row that cannot be read, as a value that is no JSON.
    case REDIS_REPLY_ERROR where reply.text.hasPrefix("WRONGTYPE"):
      objects[key] = Array(reply.text.utf8)
    default: refused = refused ?? RedisRefusal(reply) ?? .unexpected
    }
  }

  /// nil where no field is there.
  private func object(_ values: [UnsafePointer<redisReply>]) -> [UInt8]? {
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
    if isFirst { return nil }
    buffer.append("}")
    return Array(UnsafeBufferPointer(start: UnsafePointer(buffer.base), count: buffer.count))
  }
}
