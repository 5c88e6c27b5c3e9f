import CHiredis
import Columns
import Connectors
import Glibc

/// One connection to a Redis server, made when it is needed, and again after a failure. Used by one
/// thread at a time.
final class RedisSession: @unchecked Sendable {
  /// Bytes that are taken: an answer's rows, and what the protocol puts around values.
  private static let replyLimit = LookupPool.answerLimit + 1 << 20

  private let address: RedisAddress
  private var context: UnsafeMutablePointer<redisContext>?

  init(_ address: RedisAddress) { self.address = address }

  deinit { close() }

  var isOpen: Bool { context != nil }

  func close() {
    if let context { redisFree(context) }
    context = nil
  }

  /// Sends all commands at once and hands over each reply with its command's number, in their
  /// order; it lives as long as the call of `take`. False where replies have more bytes than are
  /// taken. After that, and after an error, nothing is known of the connection: it is closed.
  @discardableResult
  func run(
    _ commands: [[[UInt8]]], until deadline: LookupDeadline,
    _ take: (Int, UnsafePointer<redisReply>) -> Void
  ) throws(LookupFailure) -> Bool {
    let context = try connected(until: deadline)
    for command in commands {
      guard append(command, context) == REDIS_OK else { throw failed(context) }
    }
    try flush(context, until: deadline)
    var left = Self.replyLimit
    for number in commands.indices {
      guard let reply = try reply(context, &left, until: deadline) else {
        close()
        return false
      }
      take(number, UnsafePointer(reply.assumingMemoryBound(to: redisReply.self)))
      freeReplyObject(reply)
    }
    return true
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

  private func flush(
    _ context: UnsafeMutablePointer<redisContext>, until deadline: LookupDeadline
  ) throws(LookupFailure) {
    var isDone: Int32 = 0
    while true {
      guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw failed(context) }
      guard isDone == 0 else { return }
      guard deadline.wait(for: context.pointee.fd, writing: true) else { throw late() }
    }
  }

  /// nil where more than `left` bytes came.
  private func reply(
    _ context: UnsafeMutablePointer<redisContext>, _ left: inout Int,
    until deadline: LookupDeadline
  ) throws(LookupFailure) -> UnsafeMutableRawPointer? {
    while true {
      var reply: UnsafeMutableRawPointer?
      guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw failed(context) }
      if let reply { return reply }
      guard left >= 0 else { return nil }
      guard deadline.wait(for: context.pointee.fd) else { throw late() }
      let before = context.pointee.reader.pointee.len
      guard redisBufferRead(context) == REDIS_OK else { throw failed(context) }
      left -= Int(context.pointee.reader.pointee.len) - Int(before)
    }
  }

  private func connected(
    until deadline: LookupDeadline
  ) throws(LookupFailure) -> UnsafeMutablePointer<redisContext> {
    if let context { return context }
    let deadline = deadline.ofOpening
    let left = deadline.left
    let time = timeval(tv_sec: Int(left / 1_000_000), tv_usec: Int(left % 1_000_000))
    guard let made = redisConnectWithTimeout(address.host, address.port, time) else {
      throw LookupFailure("there is no memory for a connection", isRetriable: true)
    }
    context = made
    guard made.pointee.err == 0 else { throw failed(made) }
    redisEnableKeepAlive(made)
    // From here on nothing waits but for the deadline.
    let flags = fcntl(made.pointee.fd, F_GETFL)
    guard flags >= 0, fcntl(made.pointee.fd, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw failed(made)
    }
    made.pointee.flags &= ~REDIS_BLOCK
    do throws(LookupFailure) {
      try greet(until: deadline)
    } catch {
      close()
      throw error
    }
    return made
  }

  private func greet(until deadline: LookupDeadline) throws(LookupFailure) {
    var commands: [[[UInt8]]] = []
    if let password = address.password {
      let names = [address.username, password].compactMap { $0.map { Array($0.utf8) } }
      commands.append([Array("AUTH".utf8)] + names)
    }
    if address.database > 0 {
      commands.append([Array("SELECT".utf8), Array("\(address.database)".utf8)])
    }
    guard !commands.isEmpty else { return }
    var refused: RedisRefusal?
    let isWhole = try run(commands, until: deadline) { _, reply in
      refused = refused ?? RedisRefusal(reply)
    }
    guard isWhole else {
      throw LookupFailure(
        "Redis at \(address.host):\(address.port) answers a greeting with more than it may",
        isRetriable: false)
    }
    guard let refused else { return }
    throw LookupFailure(
      "Redis at \(address.host):\(address.port) lets us not in (\(refused.text))"
        + (refused.passes ? "" : ": look at `username`, `password` and `database`"),
      isRetriable: refused.passes)
  }

  private func late() -> LookupFailure {
    close()
    return LookupFailure(
      "Redis at \(address.host):\(address.port) timed out: there was no answer in time",
      isRetriable: true)
  }

  private func failed(_ context: UnsafeMutablePointer<redisContext>) -> LookupFailure {
    let text = withUnsafeBytes(of: context.pointee.errstr) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    // Whoever waited for a connection as long as it may.
    if context.pointee.err == REDIS_ERR_IO, [EAGAIN, ETIMEDOUT].contains(errno) { return late() }
    let isOther = context.pointee.err == REDIS_ERR_PROTOCOL
    close()
    return LookupFailure(
      "Redis at \(address.host):\(address.port): \(text.isEmpty ? "no answer" : text)"
        + (isOther ? "; is it a Redis server that listens there? Look at `address`" : ""),
      isRetriable: true)
  }
}

/// What a server says in place of an answer.
struct RedisRefusal {
  var text: String

  /// nil for a reply that is none.
  init?(_ reply: UnsafePointer<redisReply>) {
    guard reply.pointee.type == REDIS_REPLY_ERROR else { return nil }
    text = reply.text
  }

  private init(_ text: String) { self.text = text }

  /// Another reply than one that the command has.
  static let unexpected = RedisRefusal("something else than was asked for")

  /// Whether it may answer later.
  var passes: Bool {
    [
      "LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "BUSY",
      "ERR max number of clients reached",
    ].contains { text.hasPrefix($0) }
  }

  var failure: LookupFailure {
    let advice = text.hasPrefix("NOAUTH") ? "; write `password: secret(\"…\")`" : ""
    return LookupFailure("Redis answers \(text)\(advice)", isRetriable: passes)
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
