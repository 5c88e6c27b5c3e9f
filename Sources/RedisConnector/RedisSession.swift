import CHiredis
import Columns
import Connectors
import Glibc

/// One connection to a Redis server, made when it is needed, and again after a failure. Used by one
/// lane alone.
final class RedisSession: @unchecked Sendable {
  private let address: RedisAddress
  private var context: UnsafeMutablePointer<redisContext>?

  init(_ address: RedisAddress) { self.address = address }

  deinit { close() }

  func close() {
    if let context { redisFree(context) }
    context = nil
  }

  /// Sends all commands at once and hands over each reply, which lives as long as the call of
  /// `take`, in their order. After an error nothing is known of the connection: it is closed.
  func run(
    _ commands: [[[UInt8]]], _ take: (UnsafePointer<redisReply>) -> Void
  ) throws(LookupFailure) {
    let context = try connected()
    for command in commands {
      guard append(command, context) == REDIS_OK else { throw failed(context) }
    }
    for _ in commands {
      var reply: UnsafeMutableRawPointer?
      guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw failed(context) }
      take(UnsafePointer(reply.assumingMemoryBound(to: redisReply.self)))
      freeReplyObject(reply)
    }
  }

  private func append(
    _ command: [[UInt8]], _ context: UnsafeMutablePointer<redisContext>
  ) -> Int32 {
    var bytes: [CChar] = []
    for word in command { bytes += word.map { CChar(bitPattern: $0) } }
    // An empty word has a place too.
    bytes.append(0)
    let lengths = command.map(\.count)
    // The library copies them before it returns.
    return bytes.withUnsafeBufferPointer { bytes in
      var starts: [UnsafePointer<CChar>?] = []
      var start = 0
      for length in lengths {
        starts.append(bytes.baseAddress.map { $0 + start })
        start += length
      }
      return redisAppendCommandArgv(context, Int32(command.count), &starts, lengths)
    }
  }

  private func connected() throws(LookupFailure) -> UnsafeMutablePointer<redisContext> {
    if let context { return context }
    let time = timeval(
      tv_sec: Int(address.timeout / 1_000_000), tv_usec: Int(address.timeout % 1_000_000))
    guard let made = redisConnectWithTimeout(address.host, address.port, time) else {
      throw LookupFailure("there is no memory for a connection", isRetriable: true)
    }
    context = made
    guard made.pointee.err == 0, redisSetTimeout(made, time) == REDIS_OK else {
      throw failed(made)
    }
    redisEnableKeepAlive(made)
    do throws(LookupFailure) {
      try greet()
    } catch {
      close()
      throw error
    }
    return made
  }

  private func greet() throws(LookupFailure) {
    var commands: [[[UInt8]]] = []
    if let password = address.password {
      let names = [address.username, password].compactMap { $0.map { Array($0.utf8) } }
      commands.append([Array("AUTH".utf8)] + names)
    }
    if address.database > 0 {
      commands.append([Array("SELECT".utf8), Array("\(address.database)".utf8)])
    }
    guard !commands.isEmpty else { return }
    var refused: String?
    try run(commands) { reply in
      if refused == nil, reply.pointee.type == REDIS_REPLY_ERROR { refused = reply.text }
    }
    guard let refused else { return }
    throw LookupFailure(
      "Redis at \(address.host):\(address.port) lets us not in (\(refused)): look at `username`,"
        + " `password` and `database`", isRetriable: refused.hasPrefix("LOADING"))
  }

  private func failed(_ context: UnsafeMutablePointer<redisContext>) -> LookupFailure {
    let text = withUnsafeBytes(of: context.pointee.errstr) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    close()
    return LookupFailure(
      "Redis at \(address.host):\(address.port): \(text.isEmpty ? "no answer" : text)",
      isRetriable: true)
  }
}

extension UnsafePointer<redisReply> {
  /// nil for a reply that has none.
  var bytes: UnsafeRawBufferPointer? {
    switch pointee.type {
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS, REDIS_REPLY_ERROR:
      UnsafeRawBufferPointer(start: pointee.str, count: pointee.len)
    default: nil
    }
  }

  var text: String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }

  /// Of an array.
  var elements: [UnsafePointer<redisReply>] {
    guard pointee.type == REDIS_REPLY_ARRAY, let element = pointee.element else { return [] }
    return (0..<pointee.elements).compactMap { place in
      element[place].map { UnsafePointer($0) }
    }
  }
}
