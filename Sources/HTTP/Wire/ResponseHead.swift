import Glibc

/// The status line and the header fields of an answer, as RFC 9112 has them.
struct ResponseHead {
  enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
    case untilEnd
  }

  let status: Int
  private(set) var framing = Framing.untilEnd
  /// Whether the connection may carry another request.
  private(set) var staysOpen: Bool
  private(set) var coding = BodyCoding.plain
  private(set) var fields: HTTPFields = [:]

  private var length: Int?
  private var isChunked = false

  /// Where a head ends that begins these bytes, its empty line taken; nil: further on. `from`: so
  /// many were looked at already.
  static func end(in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    // The line end that is looked for may have been looked at already.
    var place = max(from - 2, 0)
    while place < bytes.count, let found = memchr(base + place, 0x0A, bytes.count - place) {
      let next = UnsafeRawPointer(found) - base + 1
      if next < bytes.count, bytes[next] == 0x0A { return next + 1 }
      if next + 1 < bytes.count, bytes[next] == 0x0D, bytes[next + 1] == 0x0A { return next + 2 }
      place = next
    }
    return nil
  }

  /// Whether an answer can begin so.
  static func canBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let start: StaticString = "HTTP/1."
    guard let base = bytes.baseAddress else { return true }
    return memcmp(base, start.utf8Start, min(bytes.count, start.utf8CodeUnitCount)) == 0
  }

  /// `bytes`: a head with its empty line. `wantsBody`: it does not answer `HEAD`.
  init(_ bytes: UnsafeRawBufferPointer, wantsBody: Bool) throws(ResponseFault) {
    var rest = bytes[...]
    guard let line = HeaderLine.nextLine(&rest), let (status, minor) = Self.statusLine(line) else {
      throw .garbage("it does not begin with a status line")
    }
    self.status = status
    // Before 1.1 a connection ends where nothing else is said.
    staysOpen = minor > 0
    let lines = try Self.unfolded(UnsafeRawBufferPointer(rebasing: rest))
    try lines.withUnsafeBufferPointer { (all) throws(ResponseFault) in
      try readFields(UnsafeRawBufferPointer(all))
    }
    fields = HTTPFields(lines: lines)
    settleFraming(wantsBody, minor)
  }

  /// A head that another one follows.
  var isInterim: Bool { status < 200 }

  private static func statusLine(_ line: UnsafeRawBufferPointer) -> (Int, minor: UInt8)? {
    guard line.count >= 12, canBegin(line), isDigit(line[7]), line[8] == 0x20,
      line.count == 12 || line[12] == 0x20
    else { return nil }
    var status = 0
    for place in 9..<12 {
      guard isDigit(line[place]) else { return nil }
      status = status * 10 + Int(line[place] - 0x30)
    }
    return status >= 100 ? (status, line[7] - 0x30) : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// The fields' lines. One that begins with space goes on from the one before (RFC 9112, 5.2).
  private static func unfolded(_ lines: UnsafeRawBufferPointer) throws(ResponseFault) -> [UInt8] {
    var bytes = Array(lines)
    guard let first = bytes.first else { return bytes }
    guard !HeaderLine.isSpace(first) else { throw .garbage("its first header field has no name") }
    var place = 0
    bytes.withUnsafeMutableBytes { all in
      guard let base = all.baseAddress else { return }
      while place < all.count, let found = memchr(base + place, 0x0A, all.count - place) {
        let end = UnsafeMutableRawPointer(found) - base
        place = end + 1
        guard place < all.count, HeaderLine.isSpace(all[place]) else { continue }
        all[end] = 0x20
        if all[end - 1] == 0x0D { all[end - 1] = 0x20 }
      }
    }
    return bytes
  }

  private mutating func readFields(_ lines: UnsafeRawBufferPointer) throws(ResponseFault) {
    var rest = lines[...]
    while let line = HeaderLine.nextLine(&rest), !line.isEmpty {
      guard let header = HeaderLine(line), Self.isSound(header) else {
        throw .garbage("a header field is none")
      }
      switch header.name.count {
      case 10 where header.isNamed("connection"): readConnection(header)
      case 14 where header.isNamed("content-length"): try readLength(header)
      case 16 where header.isNamed("content-encoding"): readCoding(header)
      case 17 where header.isNamed("transfer-encoding"): try readTransferCoding(header)
      default: break
      }
    }
  }

  /// A name without space in or behind it, a value that ends where its line does.
  private static func isSound(_ header: HeaderLine) -> Bool {
    for byte in header.name where byte <= 0x20 || byte >= 0x7F { return false }
    guard let value = header.value.baseAddress, !header.value.isEmpty else { return true }
    return memchr(value, 0, header.value.count) == nil
      && memchr(value, 0x0D, header.value.count) == nil
  }

  private mutating func readConnection(_ header: HeaderLine) {
    var (closes, keeps) = (false, false)
    header.elements { word in
      if HeaderLine.isEqual(word, "close") { closes = true }
      if HeaderLine.isEqual(word, "keep-alive") { keeps = true }
    }
    if keeps { staysOpen = true }
    if closes { staysOpen = false }
  }

  private mutating func readLength(_ header: HeaderLine) throws(ResponseFault) {
    var isSound = !header.value.isEmpty
    var found = length
    // Said twice it must be the same twice.
    header.elements { word in
      var value = 0
      for byte in word where isSound {
        guard Self.isDigit(byte), value < Int.max / 100 else {
          isSound = false
          return
        }
        value = value * 10 + Int(byte - 0x30)
      }
      if let found, found != value { isSound = false }
      found = value
    }
    guard isSound, let found else { throw .garbage("its `Content-Length` is no length") }
    length = found
  }

  private mutating func readCoding(_ header: HeaderLine) {
    var found = coding
    header.elements { word in
      let next = BodyCoding(word)
      guard next != .plain else { return }
      found = found == .plain ? next : .unknown
    }
    coding = found
  }

  private mutating func readTransferCoding(_ header: HeaderLine) throws(ResponseFault) {
    var isKnown = true
    var found = isChunked
    header.elements { word in
      if HeaderLine.isEqual(word, "identity") { return }
      // Nothing may come behind it, nor it twice.
      if found || !HeaderLine.isEqual(word, "chunked") { isKnown = false }
      found = true
    }
    guard isKnown else { throw .garbage("its `Transfer-Encoding` was not asked for") }
    isChunked = found
  }

  /// RFC 9112, 6.3.
  private mutating func settleFraming(_ wantsBody: Bool, _ minor: UInt8) {
    if isChunked, length != nil || minor == 0 {
      // Somebody on the way may see another end of it.
      staysOpen = false
    }
    if status == 204, isChunked || length ?? 0 > 0 {
      // It has none, but its server may send what it speaks of.
      staysOpen = false
    }
    if !wantsBody || isInterim || status == 204 || status == 304 {
      framing = .none
    } else if isChunked {
      framing = .chunked
    } else if let length {
      framing = .length(length)
    } else {
      framing = .untilEnd
      staysOpen = false
    }
  }
}
