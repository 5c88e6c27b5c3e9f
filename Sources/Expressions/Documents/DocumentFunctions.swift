import Columns

/// `json_value` and `json_query`: the scalar, or the object or array, at a path, or an array around
/// it.
struct JSONExtract: TextFunction {
  enum Kind { case scalar, container, wrapped, wrappedUnlessArray }

  private let kind: Kind
  private var place: JSONPlace

  init(_ kind: Kind, _ place: JSONPlace) {
    self.kind = kind
    self.place = place
  }

  mutating func prepare(_ arguments: [Column]) { place.prepare(arguments) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let (text, found) = place.find(row) else { return false }
    let first = text[found.lowerBound]
    let isContainer = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    switch kind {
    case .container:
      if isContainer { buffer.append(text, found) }
      return isContainer
    case .wrappedUnlessArray where first == UInt8(ascii: "["):
      buffer.append(text, found)
      return true
    case .wrapped, .wrappedUnlessArray:
      buffer.append(UInt8(ascii: "["))
      buffer.append(text, found)
      buffer.append(UInt8(ascii: "]"))
      return true
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

/// `json_query` of a path with `[*]`: an array of all that it leads to.
struct JSONCollection: TextFunction {
  private var place: JSONPlace
  /// Whether the array stands in another.
  private let isWrapped: Bool

  init(_ place: JSONPlace, isWrapped: Bool) {
    self.place = place
    self.isWrapped = isWrapped
  }

  mutating func prepare(_ arguments: [Column]) { place.prepare(arguments) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    buffer.append(isWrapped ? "[[" : "[")
    var isFirst = true
    let isArray = place.each(row) { text, found in
      if !isFirst { buffer.append(UInt8(ascii: ",")) }
      isFirst = false
      buffer.append(text, found)
      return true
    }
    buffer.append(isWrapped ? "]]" : "]")
    return isArray
  }
}

/// `json_exists`.
struct JSONTest: ValueFunction {
  private var place: JSONPlace

  init(_ place: JSONPlace) { self.place = place }

  mutating func prepare(_ arguments: [Column]) { place.prepare(arguments) }

  func value(_ row: Int, _ frame: Frame) -> UInt8? { place.exists(row) ? 1 : 0 }
}
