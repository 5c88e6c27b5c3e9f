import Columns

/// What stands at a path of each row's document: the part that all functions of JSON paths share.
struct JSONPlace {
  private let path: JSONPath
  /// Text was not checked when it became a value; `json` was.
  private let checks: Bool
  private var texts: TextReader?

  init(_ path: JSONPath, checks: Bool) {
    self.path = path
    self.checks = checks
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  /// nil where the text is no document or has nothing there.
  @inline(__always)
  func find(_ row: Int) -> (text: UnsafeBufferPointer<UInt8>, range: Range<Int>)? {
    guard let texts else { return nil }
    let text = texts[row]
    guard !checks || JSONReader.isDocument(text), let range = path.find(in: text) else {
      return nil
    }
    return (text, range)
  }

  /// Whether the path leads to any number of values.
  var isMany: Bool { path.isMany }

  /// All that a path to many leads to, as `JSONPath.each` tells it.
  func each(
    _ row: Int, _ take: (UnsafeBufferPointer<UInt8>, Range<Int>) -> Bool
  ) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    guard !checks || JSONReader.isDocument(text) else { return false }
    return path.each(in: text) { take(text, $0) }
  }

  /// Whether the path leads to anything.
  func exists(_ row: Int) -> Bool {
    guard isMany else { return find(row) != nil }
    var found = false
    _ = each(row) { _, _ in
      found = true
      return false
    }
    return found
  }
}
