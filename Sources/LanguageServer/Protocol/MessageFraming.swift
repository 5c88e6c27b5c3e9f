/// A stream of bytes to messages: `Content-Length: N`, a blank line, N bytes. What is no header is
/// skipped, so that a bad message does not end the session.
package struct MessageFraming {
  /// Bytes of the largest message that is read.
  private static let largest = 64 << 20
  /// Bytes of headers; more are noise.
  private static let longestHeader = 8_192

  private var buffer: [UInt8] = []
  /// Bytes of a message that is too large, which are thrown away.
  private var skipped = 0

  package init() {}

  package mutating func append(_ bytes: some Collection<UInt8>) {
    let rest = min(skipped, bytes.count)
    skipped -= rest
    buffer += bytes.dropFirst(rest)
  }

  /// The next whole message, without its headers.
  package mutating func next() -> [UInt8]? {
    while let (start, header) = headerEnd() {
      let lines = String(decoding: buffer[..<header], as: UTF8.self)
        .split(whereSeparator: \.isNewline)
      let length = lines.lazy.compactMap { line -> Int? in
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
        return Int(parts[1].drop { $0 == " " })
      }.first
      guard let length, length >= 0 else {
        buffer.removeFirst(start)
        continue
      }
      guard length <= Self.largest else {
        skipped = max(0, start + length - buffer.count)
        buffer.removeFirst(min(buffer.count, start + length))
        continue
      }
      guard buffer.count >= start + length else { return nil }
      let message = Array(buffer[start..<start + length])
      buffer.removeFirst(start + length)
      return message
    }
    return nil
  }

  /// Where the message begins and where its headers end.
  private mutating func headerEnd() -> (start: Int, header: Int)? {
    var place = 0
    while place + 1 < buffer.count {
      if buffer[place] == 0x0A, buffer[place + 1] == 0x0A { return (place + 2, place) }
      if place + 3 < buffer.count, buffer[place...].starts(with: [0x0D, 0x0A, 0x0D, 0x0A]) {
        return (place + 4, place)
      }
      place += 1
    }
    if buffer.count > Self.longestHeader { buffer.removeAll() }
    return nil
  }

  /// A message with its headers.
  package static func framed(_ message: JSONValue) -> [UInt8] {
    let body = Array(message.text.utf8)
    return Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
  }
}
