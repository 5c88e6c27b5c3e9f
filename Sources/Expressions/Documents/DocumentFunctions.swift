import Columns

/// `json_value` and `json_query`: the scalar, or the object or array, at a path.
struct JSONExtract: TextFunction {
  enum Kind { case scalar, container }

  private let kind: Kind
  private let path: JSONPath
  /// Text was not checked when it became a value; `json` was.
  private let checks: Bool
  private var texts: TextReader?

  init(_ kind: Kind, _ path: JSONPath, checks: Bool) {
    self.kind = kind
    self.path = path
    self.checks = checks
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    guard !checks || JSONReader.isDocument(text), let found = path.find(in: text) else {
      return false
    }
    let first = text[found.lowerBound]
    let isContainer = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    switch kind {
    case .container:
      if isContainer { buffer.append(text, found) }
      return isContainer
    case .scalar:
      if isContainer || first == UInt8(ascii: "n") { return false }
      if first == UInt8(ascii: "\"") {
        JSONString.write(text, (found.lowerBound + 1)..<(found.upperBound - 1), to: buffer)
      } else {
        buffer.append(text, found)
      }
      return true
    }
  }
}

/// `json_exists`.
struct JSONTest: ValueFunction {
  private let path: JSONPath
  private let checks: Bool
  private var texts: TextReader?

  init(_ path: JSONPath, checks: Bool) {
    self.path = path
    self.checks = checks
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> UInt8? {
    guard let texts else { return nil }
    let text = texts[row]
    if checks, !JSONReader.isDocument(text) { return 0 }
    return path.find(in: text) == nil ? 0 : 1
  }
}
