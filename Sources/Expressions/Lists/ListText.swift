import Columns
import Schemas

/// Lists and maps of pieces of text.
enum ListText {
  private typealias Text = UnsafeBufferPointer<UInt8>

  static func join(
    _ arguments: NestedArguments, _ row: Int, to buffer: ByteBuffer, _ frame: Frame
  ) -> Bool {
    let list = arguments.list(0, row)
    let separator = arguments.text(1, row)
    let start = buffer.count
    var isFirst = true
    for index in 0..<list.count {
      guard let piece = list.element(index) ?? (arguments.count > 2 ? arguments.text(2, row) : nil)
      else { continue }
      if !isFirst { buffer.append(separator) }
      isFirst = false
      buffer.append(piece)
      if buffer.count - start > Limits.textBytes {
        frame.fail(row, .textTooLong(operation: "array_join"))
        return false
      }
    }
    return true
  }

  /// `regexp_extract_all`: what a group of each match holds; null where it took no part.
  static func matches(
    of expression: RegularExpression, group: Int, _ text: UnsafeBufferPointer<UInt8>, _ row: Int,
    to buffer: ByteBuffer, _ frame: Frame
  ) -> Bool {
    var pieces: [Element] = []
    let isDone = expression.each(in: text) {
      pieces.append(expression.group(group).map { UnsafeBufferPointer(rebasing: text[$0]) })
    }
    if isDone {
      NestedWriter.list(pieces, of: .string, to: buffer)
    } else {
      frame.fail(row, .patternLimit(pattern: expression.pattern))
    }
    return isDone
  }

  /// What stands between the separators; with an empty one the code points.
  static func pieces(
    of text: UnsafeBufferPointer<UInt8>, between separator: UnsafeBufferPointer<UInt8>
  ) -> [Element] {
    if separator.isEmpty { return codePoints(text) }
    var pieces: [Element] = []
    var start = 0
    var at = 0
    while at + separator.count <= text.count {
      let candidate = UnsafeBufferPointer(rebasing: text[at..<(at + separator.count)])
      if candidate[0] == separator[0], TextOrder.areEqual(candidate, separator) {
        pieces.append(UnsafeBufferPointer(rebasing: text[start..<at]))
        at += separator.count
        start = at
      } else {
        at += 1
      }
    }
    pieces.append(UnsafeBufferPointer(rebasing: text[start...]))
    return pieces
  }

  private static func codePoints(_ text: UnsafeBufferPointer<UInt8>) -> [Element] {
    var pieces: [Element] = []
    var start = 0
    for at in 0..<text.count where at > start && text[at] & 0xC0 != 0x80 {
      pieces.append(UnsafeBufferPointer(rebasing: text[start..<at]))
      start = at
    }
    if start < text.count { pieces.append(UnsafeBufferPointer(rebasing: text[start...])) }
    return pieces
  }

  /// `a=1,b=2`; an entry without the second separator has no value.
  static func map(_ arguments: NestedArguments, _ row: Int, to buffer: ByteBuffer) -> Bool {
    let comma: [UInt8] = arguments.count > 1 ? Array(arguments.text(1, row)) : Array(",".utf8)
    let equals: [UInt8] = arguments.count > 2 ? Array(arguments.text(2, row)) : Array("=".utf8)
    let text = arguments.text(0, row)
    comma.withUnsafeBufferPointer { comma in
      equals.withUnsafeBufferPointer { equals in
        var entries: [(key: UnsafeBufferPointer<UInt8>, value: Element)] = []
        for case let entry? in pieces(of: text, between: comma) where !entry.isEmpty {
          entries.append(pair(entry, equals))
        }
        NestedWriter.map(entries, of: .string, to: buffer)
      }
    }
    return true
  }

  private static func pair(
    _ entry: UnsafeBufferPointer<UInt8>, _ separator: UnsafeBufferPointer<UInt8>
  ) -> (key: UnsafeBufferPointer<UInt8>, value: Element) {
    guard !separator.isEmpty, let key = pieces(of: entry, between: separator)[0],
      key.count < entry.count
    else { return (entry, nil) }
    return (key, UnsafeBufferPointer(rebasing: entry[(key.count + separator.count)...]))
  }
}
