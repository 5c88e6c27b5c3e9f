/// The bytes of one definition file and where its lines begin.
package struct SourceFile: Sendable {
  package let id: FileID
  /// As messages show it.
  package let path: String
  /// Any bytes at all: that they are UTF-8 is for the lexer to check.
  package let bytes: [UInt8]
  /// The offset of each line's first byte; never empty.
  private let lineStarts: [UInt32]

  /// O(bytes).
  package init(path: String, bytes: [UInt8], id: FileID = FileID(0)) {
    self.id = id
    self.path = path
    self.bytes = bytes
    var starts: [UInt32] = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(UInt32(clamping: offset + 1))
    }
    lineStarts = starts
  }

  package init(path: String, text: String, id: FileID = FileID(0)) {
    self.init(path: path, bytes: Array(text.utf8), id: id)
  }

  /// The whole file.
  package var span: Span { Span(0, bytes.count, in: id) }

  package var lineCount: Int { lineStarts.count }

  /// The text of a span; bytes that are no UTF-8 become U+FFFD.
  package func text(_ span: Span) -> String {
    String(decoding: bytes[clamped(span.range)], as: UTF8.self)
  }

  /// The line of a byte, counted from 1. O(log lines).
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The line of a span's first byte, counted from 1.
  package func line(of span: Span) -> Int { line(at: Int(span.start)) }

  /// Line and column of a byte, both counted from 1; the column in code points.
  package func position(at offset: Int) -> (line: Int, column: Int) {
    let line = line(at: offset)
    let start = bytesOfLine(line).lowerBound
    let before = bytes[clamped(start..<max(start, offset))]
    // Every byte but a continuation byte begins a code point.
    let column = before.reduce(into: 1) { column, byte in
      if byte & 0b1100_0000 != 0b1000_0000 { column += 1 }
    }
    return (line, column)
  }

  /// The bytes of a line (counted from 1) without its line end.
  package func bytesOfLine(_ line: Int) -> Range<Int> {
    guard line >= 1, line <= lineStarts.count else { return 0..<0 }
    let start = Int(lineStarts[line - 1])
    var end = line < lineStarts.count ? Int(lineStarts[line]) - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  private func clamped(_ range: Range<Int>) -> Range<Int> {
    range.clamped(to: 0..<bytes.count)
  }
}
