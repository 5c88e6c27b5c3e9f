/// Makes a response of the bytes of a connection, in whatever pieces they come. It knows no socket.
package struct ResponseReader {
  private enum Place {
    case head
    case length(Int)
    case chunks(ChunkedBody)
    case untilEnd
    case whole
  }

  private let bodyLimit: Int
  private let headerLimit: Int
  private var place = Place.head
  private var wantsBody = true
  private var head: ResponseHead?
  private var body: [UInt8] = []
  /// What came of a head that is not whole, and how much of heads is done.
  private var beginning: [UInt8] = []
  private var headerBytes = 0
  /// Whether anything came of this response.
  package private(set) var hasBegun = false

  /// Bytes of a body, unpacked, and of heads that it takes.
  package init(bodyLimit: Int, headerLimit: Int) {
    self.bodyLimit = bodyLimit
    self.headerLimit = headerLimit
  }

  init(_ settings: HTTPSettings) {
    self.init(bodyLimit: settings.bodyLimit, headerLimit: settings.headerLimit)
  }

  /// Whether nothing more of it comes.
  package var isWhole: Bool { if case .whole = place { true } else { false } }

  /// Whether the connection may carry another request behind this response.
  package var staysOpen: Bool { isWhole && head?.staysOpen == true }

  /// For the next response of the connection. `wantsBody`: it does not answer `HEAD`.
  package mutating func begin(wantsBody: Bool) {
    place = .head
    self.wantsBody = wantsBody
    head = nil
    body = []
    beginning = []
    headerBytes = 0
    hasBegun = false
  }

  /// Takes from the front of `bytes` what is of this response; returns how many that are.
  package mutating func take(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) -> Int {
    if !bytes.isEmpty { hasBegun = true }
    var at = 0
    while at < bytes.count, !isWhole {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
      switch place {
      case .head: at += try takeHead(rest)
      case .length(let left):
        let count = min(left, rest.count)
        try add(UnsafeRawBufferPointer(rebasing: rest[..<count]))
        place = left > count ? .length(left - count) : .whole
        at += count
      case .chunks(let chunks): at += try takeChunks(chunks, rest)
      case .untilEnd:
        try add(rest)
        at = bytes.count
      case .whole: break
      }
    }
    return at
  }

  /// The connection ended: either that is the end of the response, or it is cut off.
  package mutating func end() throws(ResponseFault) {
    switch place {
    case .head where !hasBegun:
      throw ResponseFault(.cutOff, "the connection ended before an answer came")
    case .head: throw ResponseFault(.cutOff, "the connection ended in its header")
    case .length(let left):
      throw ResponseFault(.cutOff, "the connection ended \(left) bytes before it did")
    case .chunks: throw ResponseFault(.cutOff, "the connection ended before its last chunk")
    case .untilEnd: place = .whole
    case .whole: break
    }
  }

  /// Of a whole one; its body is handed over.
  package mutating func response() throws(ResponseFault) -> HTTPResponse {
    guard isWhole, let head else { throw ResponseFault(.other, "the answer is not whole") }
    var packed: [UInt8] = []
    swap(&packed, &body)
    let body = try head.coding.unpacked(packed, limit: bodyLimit)
    return HTTPResponse(status: head.status, headers: head.fields, body: body, version: 1)
  }

  private mutating func takeHead(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) -> Int {
    // The usual head comes whole, and is read where it is.
    let known = beginning.count
    if known == 0 {
      guard let end = try endOfHead(bytes, from: 0) else {
        beginning = Array(bytes)
        return bytes.count
      }
      try readHead(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
      return end
    }
    beginning.append(contentsOf: bytes)
    let all = beginning
    return try all.withUnsafeBufferPointer { (all) throws(ResponseFault) -> Int in
      let all = UnsafeRawBufferPointer(all)
      guard let end = try endOfHead(all, from: known) else { return bytes.count }
      beginning = []
      try readHead(UnsafeRawBufferPointer(rebasing: all[..<end]))
      return end - known
    }
  }

  /// Where a head ends that begins these bytes; nil: further on. `from`: so many were looked at
  /// already. What stands behind the limit is not looked at: the same is wrong with a head in
  /// whatever pieces it comes.
  private func endOfHead(
    _ bytes: UnsafeRawBufferPointer, from: Int
  ) throws(ResponseFault) -> Int? {
    let left = headerLimit - headerBytes
    guard ResponseHead.canBegin(UnsafeRawBufferPointer(rebasing: bytes.prefix(left))) else {
      throw .garbage("it does not begin with a status line")
    }
    let end = ResponseHead.end(in: bytes, from: from)
    guard end ?? bytes.count <= left else {
      throw ResponseFault(
        .tooLarge, "the answer's headers are longer than \(headerLimit) bytes")
    }
    return end
  }

  private mutating func readHead(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) {
    headerBytes += bytes.count
    let head = try ResponseHead(bytes, wantsBody: wantsBody)
    if head.isInterim {
      // Nobody asked for another protocol.
      guard head.status != 101 else { throw .garbage("it changes to another protocol") }
      return
    }
    self.head = head
    switch head.framing {
    case .none, .length(0): place = .whole
    case .length(let count):
      guard count <= bodyLimit else { throw .tooLong(bodyLimit) }
      place = .length(count)
    case .chunked: place = .chunks(ChunkedBody(overhead: headerLimit))
    case .untilEnd: place = .untilEnd
    }
  }

  private mutating func takeChunks(
    _ chunks: ChunkedBody, _ bytes: UnsafeRawBufferPointer
  ) throws(ResponseFault) -> Int {
    var chunks = chunks
    let count = try chunks.take(bytes) { (data) throws(ResponseFault) in try add(data) }
    place = chunks.isDone ? .whole : .chunks(chunks)
    return count
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) {
    guard body.count + bytes.count <= bodyLimit else { throw .tooLong(bodyLimit) }
    if body.isEmpty {
      // What a head promises is not believed in memory before it comes.
      body = Array(bytes)
    } else {
      body.append(contentsOf: bytes)
    }
  }
}
