import CHiredis
import Columns
import Connectors
import Formats
import Plans
import Schemas

/// A table of a Redis server, as its connections share it: what its keys and fields are called.
struct RedisTable: Sendable {
  let prefix: [UInt8]
  /// What stands between key columns.
  let separator: [UInt8]
  /// The names of the hash's fields that are read; nil where values are JSON.
  let fields: [[UInt8]]?

  init(
    _ spec: TableSpec, prefix: String, separator: String, isHash: Bool
  ) throws(ConnectorError) {
    self.prefix = Array(prefix.utf8)
    self.separator = Array(separator.utf8)
    var names: [[UInt8]] = []
    for column in spec.decoding.columns {
      if spec.keys.contains(column.field.name) {
        guard LookupPolicy.takesKeys(of: column.field.type) else {
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

  /// Of keys with several columns those that read as another one's, for a text before the last
  /// has what stands between columns. Nobody is asked for them.
  func ambiguous(_ keys: Batch) -> [Int: String] {
    let texts = keys.columns.dropLast().filter { $0.type.isText }
    guard !texts.isEmpty else { return [:] }
    var found: [Int: String] = [:]
    for row in 0..<keys.rowCount where texts.contains(where: { holdsSeparator($0, row) }) {
      found[row] =
        "Redis: the key `\(String(decoding: name(keys, row), as: UTF8.self))` reads as other"
        + " columns' key does, for a column before its last holds"
        + " `\(String(decoding: separator, as: UTF8.self))`: give the table another"
        + " `key_separator`, which is in no key"
    }
    return found
  }

  /// Also where the text's end and the separator's beginning make one.
  private func holdsSeparator(_ column: Column, _ row: Int) -> Bool {
    let text = KeyText.text(column, row) + separator.dropLast()
    guard let first = separator.first, text.count >= separator.count else { return false }
    return (0...(text.count - separator.count)).contains {
      text[$0] == first && text[$0..<($0 + separator.count)].elementsEqual(separator)
    }
  }

  func names(_ keys: Batch) -> [[UInt8]] { (0..<keys.rowCount).map { name(keys, $0) } }

  private func name(_ keys: Batch, _ row: Int) -> [UInt8] {
    var text = prefix
    for (place, column) in keys.columns.enumerated() {
      if place > 0 { text += separator }
      text += KeyText.text(column, row)
    }
    return text
  }
}

/// Asks for JSON values by `MGET`, for hashes by `HMGET`, for all keys of a call in one round trip.
/// Keys without a row are looked at once more: what lies there may be of another type.
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
    switch try look(keys, until: deadline) {
    case .rows(var answer, let strangers):
      answer.unreadable.merge(strangers) { $1 }
      return answer
    case .tooMuch(let key):
      throw LookupFailure("Redis: \(LookupPool.tooMuch(behind: key))", isRetriable: false)
    }
  }

  /// What lies under some keys.
  func look(
    _ keys: Batch, until deadline: LookupDeadline
  ) throws(LookupFailure) -> RedisAnswer {
    let names = table.names(keys)
    var found = RedisRows(names, table.fields)
    let ambiguous = table.ambiguous(keys)
    let asked = names.indices.filter { ambiguous[$0] == nil }
    if try !read(&found, asked, until: deadline) {
      let (left, largest) = try leaveLarge(&found, until: deadline)
      if let largest { return .tooMuch(key: found.text(largest)) }
      guard try read(&found, left.filter { ambiguous[$0] == nil }, until: deadline) else {
        throw LookupFailure("Redis: the rows changed while they were read", isRetriable: true)
      }
    }
    try tellTypes(&found, until: deadline)
    var answer = decoder.answer(keys, found.objects)
    answer.unreadable.merge(found.unreadable) { $1 }
    answer.unreadable.merge(ambiguous) { $1 }
    return .rows(answer, strangers: found.strangers)
  }

  /// False where the rows are more than are taken.
  private func read(
    _ found: inout RedisRows, _ keys: [Int], until deadline: LookupDeadline
  ) throws(LookupFailure) -> Bool {
    guard !keys.isEmpty else { return true }
    guard table.fields != nil else {
      let get = [Array("MGET".utf8)] + keys.map { found.names[$0] }
      let isWhole = try session.run([get], until: deadline) { found.takeValues($1, of: keys) }
      if let refused = found.refused { throw refused.failure }
      return isWhole
    }
    var reads = keys.compactMap { key in found.get(key).map { (key: key, command: $0) } }
    guard
      try session.run(
        reads.map(\.command), until: deadline, { found.take($1, of: reads[$0].key) })
    else { return false }
    // A hash without any of the fields is a row of nulls, or is none. It is read again where it is
    // looked for, for it may have come since.
    let bare = keys.filter { found.objects[$0] == nil && !found.mistaken.contains($0) }
    reads = bare.flatMap { key in
      [(key, [Array("EXISTS".utf8), found.names[key]])]
        + (found.get(key).map { [(key, $0)] } ?? [])
    }
    if found.refused == nil, !reads.isEmpty {
      guard
        try session.run(
          reads.map(\.command), until: deadline, { found.take($1, of: reads[$0].key) })
      else { return false }
    }
    if let refused = found.refused { throw refused.failure }
    return true
  }

  /// What of keys is too large alone cannot be read; gives the other keys, and the largest of them
  /// where they are too much together.
  private func leaveLarge(
    _ found: inout RedisRows, until deadline: LookupDeadline
  ) throws(LookupFailure) -> (left: [Int], largest: Int?) {
    var sizes = Array(repeating: 0, count: found.names.count)
    let looks = found.lengths
    try session.run(looks.map(\.command), until: deadline) { place, reply in
      if reply.pointee.type == REDIS_REPLY_INTEGER {
        sizes[looks[place].key] += Int(reply.pointee.integer)
      }
    }
    var left: [Int] = []
    for (key, size) in sizes.enumerated() {
      if size <= LookupPool.answerLimit {
        left.append(key)
      } else {
        found.leave(key, "Redis: \(LookupPool.tooLarge("\(size)", key: found.text(key)))")
      }
    }
    let isTooMuch = left.reduce(0) { $0 + sizes[$1] } > LookupPool.answerLimit
    return (left, isTooMuch ? left.max { sizes[$0] < sizes[$1] } : nil)
  }

  /// Of keys that hold something else than the table says what they hold.
  private func tellTypes(
    _ found: inout RedisRows, until deadline: LookupDeadline
  ) throws(LookupFailure) {
    let asked = found.mistaken.sorted()
    guard !asked.isEmpty else { return }
    let looks = asked.map { [Array("TYPE".utf8), found.names[$0]] }
    try session.run(looks, until: deadline) { found.takeType($1, of: asked[$0]) }
  }
}

/// What a server holds under some keys.
enum RedisAnswer {
  /// `strangers`: keys that hold something of another type than the table's rows are, and what.
  case rows(LookupAnswer, strangers: [Int: String])
  /// More than is taken at once, though no row is too large alone. `key`: whose row is the largest.
  case tooMuch(key: String)
}

/// The rows of a call's keys, as they are found out.
private struct RedisRows {
  let names: [[UInt8]]
  /// nil where values are JSON.
  private let fields: [[UInt8]]?
  /// Of each key a JSON object; nil where none was found.
  private(set) var objects: [[UInt8]?]
  private(set) var unreadable: [Int: String] = [:]
  /// Keys under which something else lies.
  private(set) var strangers: [Int: String] = [:]
  /// Keys that do not hold what the table says, or may not.
  private(set) var mistaken: Set<Int> = []
  private(set) var refused: RedisRefusal?

  init(_ names: [[UInt8]], _ fields: [[UInt8]]?) {
    self.names = names
    self.fields = fields
    objects = Array(repeating: nil, count: names.count)
  }

  func text(_ key: Int) -> String { String(decoding: names[key], as: UTF8.self) }

  /// How a hash is read; nil where nothing of it is.
  func get(_ key: Int) -> [[UInt8]]? {
    guard let fields, !fields.isEmpty else { return nil }
    return [Array("HMGET".utf8), names[key]] + fields
  }

  var lengths: [(key: Int, command: [[UInt8]])] {
    names.indices.flatMap { key -> [(key: Int, command: [[UInt8]])] in
      guard let fields else { return [(key, [Array("STRLEN".utf8), names[key]])] }
      return fields.map { (key, [Array("HSTRLEN".utf8), names[key], $0]) }
    }
  }

  mutating func leave(_ key: Int, _ reason: String) {
    objects[key] = nil
    mistaken.remove(key)
    unreadable[key] = reason
  }

  mutating func takeValues(_ reply: UnsafePointer<redisReply>, of keys: [Int]) {
    let values = reply.elements
    guard values.count == keys.count else {
      refused = RedisRefusal(reply) ?? .unexpected
      return
    }
    for (key, value) in zip(keys, values) {
      objects[key] = value.bytes.map { Array($0) }
      // It is not there, or is no value.
      if value.bytes == nil { mistaken.insert(key) }
    }
  }

  mutating func take(_ reply: UnsafePointer<redisReply>, of key: Int) {
    switch reply.pointee.type {
    case REDIS_REPLY_ARRAY:
      if let object = object(reply.elements) { objects[key] = object }
    case REDIS_REPLY_INTEGER:
      if reply.pointee.integer > 0 { objects[key] = Array("{}".utf8) }
    case REDIS_REPLY_ERROR where reply.text.hasPrefix("WRONGTYPE"): mistaken.insert(key)
    default: refused = refused ?? RedisRefusal(reply) ?? .unexpected
    }
  }

  /// A server that may not be asked for it has told enough.
  mutating func takeType(_ reply: UnsafePointer<redisReply>, of key: Int) {
    let isKnown = reply.pointee.type == REDIS_REPLY_STATUS
    let wanted = fields == nil ? "string" : "hash"
    let type = isKnown ? reply.text : fields == nil ? "none" : "value that is no hash"
    // It came, or went, since it was read.
    guard type != "none", type != wanted else { return }
    let other = fields == nil ? ("hash", "`value: hash`") : ("string", "`value: json`")
    let advice =
      type == other.0
      ? "write \(other.1) in the table's block, or mend it"
      : "only JSON objects (`value: json`) and hashes (`value: hash`) are rows"
    objects[key] = nil
    strangers[key] = "Redis: the key `\(text(key))` holds a \(type); \(advice)"
  }

  /// nil where no field is there.
  private func object(_ values: [UnsafePointer<redisReply>]) -> [UInt8]? {
    let buffer = ByteBuffer(capacity: 256)
    buffer.append("{")
    var isFirst = true
    for (field, value) in zip(fields ?? [], values) {
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
