import Columns

/// `parse_url`: a part of a URL by the names of Java's `URL`; null where it has none.
struct ParseURL: TextFunction {
  enum Part: String {
    case host = "HOST"
    case path = "PATH"
    case query = "QUERY"
    case ref = "REF"
    case scheme = "PROTOCOL"
    case authority = "AUTHORITY"
    case file = "FILE"
    case userinfo = "USERINFO"
  }

  private let part: Part
  /// The parameter of the query that is asked for.
  private let key: [UInt8]?
  private var texts: TextReader?

  init(_ part: Part, key: String?) {
    self.part = part
    self.key = key.map { Array($0.utf8) }
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    guard let url = URLParts(text), let range = range(url, text) else { return false }
    buffer.append(text, range)
    return true
  }

  private func range(_ url: URLParts, _ text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    switch part {
    case .host: url.host
    case .path: url.path
    case .query: key.map { url.parameter($0, text) } ?? url.query
    case .ref: url.fragment
    case .scheme: url.scheme
    case .authority: url.authority
    case .file: url.path.lowerBound..<(url.query?.upperBound ?? url.path.upperBound)
    case .userinfo: url.userinfo
    }
  }
}

/// Where the parts of `scheme://user@host:port/path?query#fragment` lie (RFC 3986).
struct URLParts {
  let scheme: Range<Int>
  let authority: Range<Int>?
  private(set) var userinfo: Range<Int>?
  private(set) var host: Range<Int>?
  let path: Range<Int>
  let query: Range<Int>?
  let fragment: Range<Int>?

  /// nil without a scheme.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    func first(_ character: Unicode.Scalar, in range: Range<Int>) -> Int? {
      text[range].firstIndex(of: UInt8(ascii: character))
    }
    guard let colon = first(":", in: 0..<text.count), colon > 0,
      text[..<colon].allSatisfy(Self.isOfScheme)
    else { return nil }
    scheme = 0..<colon
    let hash = first("#", in: colon..<text.count)
    let end = hash ?? text.count
    fragment = hash.map { ($0 + 1)..<text.count }
    let mark = first("?", in: colon..<end)
    query = mark.map { ($0 + 1)..<end }
    let pathEnd = mark ?? end
    var pathStart = colon + 1
    let slash = UInt8(ascii: "/")
    if colon + 2 < pathEnd, text[colon + 1] == slash, text[colon + 2] == slash {
      let start = colon + 3
      pathStart = first("/", in: start..<pathEnd) ?? pathEnd
      authority = start..<pathStart
    } else {
      authority = nil
    }
    path = pathStart..<pathEnd
    guard let authority, !authority.isEmpty else { return }
    var hostStart = authority.lowerBound
    if let at = text[authority].lastIndex(of: UInt8(ascii: "@")) {
      userinfo = authority.lowerBound..<at
      hostStart = at + 1
    }
    // The port stands behind the last colon, unless that is inside an IPv6 address.
    var hostEnd = authority.upperBound
    if let port = text[hostStart..<hostEnd].lastIndex(of: UInt8(ascii: ":")),
      !text[port..<hostEnd].contains(UInt8(ascii: "]"))
    {
      hostEnd = port
    }
    host = hostStart..<hostEnd
  }

  private static func isOfScheme(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x7A || byte >= 0x30 && byte <= 0x39
      || "+-.".utf8.contains(byte)
  }

  /// The value of the first parameter of that name, as it is written.
  func parameter(_ key: [UInt8], _ text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard let query else { return nil }
    var start = query.lowerBound
    while start < query.upperBound {
      let end = text[start..<query.upperBound].firstIndex(of: UInt8(ascii: "&")) ?? query.upperBound
      if let equals = text[start..<end].firstIndex(of: UInt8(ascii: "=")),
        text[start..<equals].elementsEqual(key)
      {
        return (equals + 1)..<end
      }
      start = end + 1
    }
    return nil
  }
}
