import CHiredis
import Columns
import Connectors
import Glibc
import TLS

/// One connection to a Redis server, made when it is needed, and again after a failure. Used by one
/// thread at a time.
final class RedisSession: @unchecked Sendable {
  /// Bytes that are taken: an answer's rows, and what the protocol puts around values.
  private static let replyLimit = LookupPool.answerLimit + 1 << 20

  private let address: RedisAddress
  /// Nil where nothing is encrypted.
  private let tls: RedisEncryption?
  /// Whether the server has said something on this connection.
  private var isHeard = false
  private var context: UnsafeMutablePointer<redisContext>?
  private var stream: RedisStream?
  /// What is being sent, and where the server's bytes are read into.
  private var request: [UInt8] = []
  private var room = [UInt8](repeating: 0, count: 64 << 10)

  init(_ address: RedisAddress, _ tls: RedisEncryption?) {
    self.address = address
    self.tls = tls
  }

  deinit { close() }

  var isOpen: Bool { context != nil }

  func close() {
    stream = nil
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
    try open(until: deadline)
    guard let context, let stream else { throw late() }
    request.removeAll(keepingCapacity: true)
    for command in commands { append(command) }
    var left = Self.replyLimit
    try send(stream, context, &left, until: deadline)
    for number in commands.indices {
      guard let reply = try reply(context, stream, &left, until: deadline) else {
        close()
        return false
      }
      take(number, UnsafePointer(reply.assumingMemoryBound(to: redisReply.self)))
      freeReplyObject(reply)
    }
    return true
  }

  /// As RESP writes it: an array of texts with their lengths.
  private func append(_ command: [[UInt8]]) {
    request += "*\(command.count)\r\n".utf8
    for word in command {
      request += "$\(word.count)\r\n".utf8
      request += word
      request += "\r\n".utf8
    }
  }

  /// A server that waits until its answers are read takes no more: what it has said is read first.
  private func send(
    _ stream: RedisStream, _ context: UnsafeMutablePointer<redisContext>, _ left: inout Int,
    until deadline: LookupDeadline
  ) throws(LookupFailure) {
    var sent = 0
    while sent < request.count {
      let outcome = request.withUnsafeBytes {
        stream.write(UnsafeRawBufferPointer(rebasing: $0[sent...]))
      }
      switch outcome {
      case .moved(let count): sent += count
      case .later(let writing):
        while left >= 0, try receive(context, stream, &left) == nil {}
        guard deadline.wait(for: context.pointee.fd, writing: writing) else { throw late() }
      case .ended: throw cut(Self.isClosed)
      case .failed(let fault): throw cut(fault.text)
      }
    }
  }

  /// nil where more than `left` bytes came.
  private func reply(
    _ context: UnsafeMutablePointer<redisContext>, _ stream: RedisStream, _ left: inout Int,
    until deadline: LookupDeadline
  ) throws(LookupFailure) -> UnsafeMutableRawPointer? {
    while true {
      var reply: UnsafeMutableRawPointer?
      guard redisGetReplyFromReader(context, &reply) == REDIS_OK else {
        throw failed(Self.text(of: context), isForeign: true)
      }
      if let reply {
        isHeard = true
        return reply
      }
      guard left >= 0 else { return nil }
      if let writing = try receive(context, stream, &left) {
        guard deadline.wait(for: context.pointee.fd, writing: writing) else { throw late() }
      }
    }
  }

  /// Takes what has come; nil where some has, else for what to wait.
  private func receive(
    _ context: UnsafeMutablePointer<redisContext>, _ stream: RedisStream, _ left: inout Int
  ) throws(LookupFailure) -> Bool? {
    switch room.withUnsafeMutableBytes({ stream.read($0) }) {
    case .moved(let count):
      left -= count
      let isTaken = room.withUnsafeBytes {
        redisReaderFeed(
          context.pointee.reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), count)
      }
      guard isTaken == REDIS_OK else { throw failed("there is no memory for its answer") }
      return nil
    case .later(let writing): return writing
    case .ended: throw cut(Self.isClosed)
    case .failed(let fault): throw cut(fault.text)
    }
  }

  private func open(until deadline: LookupDeadline) throws(LookupFailure) {
    guard context == nil else { return }
    let deadline = deadline.ofOpening
    let left = deadline.left
    let time = timeval(tv_sec: Int(left / 1_000_000), tv_usec: Int(left % 1_000_000))
    guard let made = redisConnectWithTimeout(address.host, address.port, time) else {
      throw LookupFailure("there is no memory for a connection", isRetriable: true)
    }
    (context, isHeard) = (made, false)
    guard made.pointee.err == 0 else {
      // Whoever waited for a connection as long as it may.
      let isLate = made.pointee.err == REDIS_ERR_IO && [EAGAIN, ETIMEDOUT].contains(errno)
      throw isLate ? late() : failed(Self.text(of: made))
    }
    redisEnableKeepAlive(made)
    // From here on nothing waits but for the deadline.
    let flags = fcntl(made.pointee.fd, F_GETFL)
    guard flags >= 0, fcntl(made.pointee.fd, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw failed(String(cString: strerror(errno)))
    }
    do throws(LookupFailure) {
      stream = RedisStream(made.pointee.fd, try encrypted(made.pointee.fd, until: deadline))
      try greet(until: deadline)
    } catch {
      close()
      throw error
    }
  }

  /// nil where nothing is encrypted.
  private func encrypted(
    _ socket: Int32, until deadline: LookupDeadline
  ) throws(LookupFailure) -> TLSSession? {
    guard let tls else { return nil }
    let session: TLSSession
    do throws(TLSFault) {
      session = try tls.context.session(over: socket, to: address.host)
    } catch {
      throw unsafe(error)
    }
    while true {
      switch session.shakeHands() {
      case .moved: return session
      case .later(let writing):
        guard deadline.wait(for: socket, writing: writing) else {
          throw unsafe(TLSFault(.encryption, "there was no answer in time"))
        }
      case .ended: throw unsafe(TLSFault(.encryption, Self.isClosed))
      case .failed(let fault): throw unsafe(fault)
      }
    }
  }

  private func unsafe(_ fault: TLSFault) -> LookupFailure {
    let place = "Redis at \(address.host):\(address.port)"
    switch fault.kind {
    case .certificate:
      return LookupFailure(
        "\(place): its certificate is not taken (\(fault.text)): look at `ca` of `tls`, and whether"
          + " `address` has the name for which it was made", isRetriable: false)
    default:
      let ours =
        tls?.showsCertificate ?? false
        ? "takes our `certificate`" : "wants one of ours: give `tls` a `certificate`"
      return LookupFailure(
        "\(place): TLS was not agreed on (\(fault.text)): look whether the server speaks it on"
          + " that port, and whether it \(ours)", isRetriable: true)
    }
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

  private static let isClosed = "Server closed the connection"

  private static func text(of context: UnsafeMutablePointer<redisContext>) -> String {
    withUnsafeBytes(of: context.pointee.errstr) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// It broke off. Before its first word that may be all that a server says to who shows it
  /// nothing, or does not encrypt.
  private func cut(_ text: String) -> LookupFailure {
    guard !isHeard else { return failed(text) }
    let advice =
      switch tls?.showsCertificate {
      case nil: "if it speaks TLS on that port, write `tls: true`"
      case false?: "if it asks who comes, give `tls` a `certificate`"
      case true?: "if it asks who comes, look whether it takes the `certificate` of `tls`"
      }
    return failed("\(text); \(advice)")
  }

  /// `isForeign`: what came is no answer of Redis'.
  private func failed(_ text: String, isForeign: Bool = false) -> LookupFailure {
    close()
    let advice =
      "; is it a Redis server that listens there? Look at `address`"
      + (tls == nil ? ", and at `tls`" : "")
    return LookupFailure(
      "Redis at \(address.host):\(address.port): \(text.isEmpty ? "no answer" : text)"
        + (isForeign ? advice : ""), isRetriable: true)
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
