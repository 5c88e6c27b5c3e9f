import Columns

/// A path of SQL/JSON: `$.a.b[0]`, `$["odd name"]`, `$.a[last].b`, `$.a[*].b`.
struct JSONPath {
  enum Step {
    /// The name's UTF-8.
    case member([UInt8])
    case element(Int)
    /// So many before the last.
    case elementFromEnd(Int)
    case allElements
  }

  /// The steps before the first `[*]`: they lead to one value.
  private let steps: [Step]
  /// Those from the first `[*]` on; nil without one.
  private let many: [Step]?
  /// Where there is no array at the first `[*]`: no elements (`lax`) instead of nothing.
  private let isLax: Bool

  init(_ text: String) throws(BindingError) {
    var parser = JSONPathParser(text)
    let steps = try parser.parse()
    let place = steps.firstIndex { if case .allElements = $0 { true } else { false } }
    self.steps = Array(steps[..<(place ?? steps.count)])
    many = place.map { Array(steps[$0...]) }
    isLax = parser.isLax
  }

  /// Whether the path leads to any number of values.
  var isMany: Bool { many != nil }

  /// Where the value at the path lies in a document; nil for nothing, and of a path to many. Of
  /// equal names the last wins, as everywhere. O(document).
  func find(in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard many == nil, var reader = Self.follow(steps[...], text, JSONReader(text)) else {
      return nil
    }
    let start = reader.at
    guard reader.skipValue() else { return nil }
    return start..<reader.at
  }

  /// Tells all that a path to many leads to, in order, until `take` returns false. False where the
  /// way to the first `[*]` leads to no array. O(document) for each `[*]`.
  func each(
    in text: UnsafeBufferPointer<UInt8>, _ take: (Range<Int>) -> Bool
  ) -> Bool {
    guard let many, let reader = Self.follow(steps[...], text, JSONReader(text)),
      reader.byte == UInt8(ascii: "[")
    else { return isLax }
    _ = Self.each(many[...], text, reader, take)
    return true
  }

  /// False: no more is wanted. Each step leads a level down, so a document's depth bounds the
  /// recursion.
  private static func each(
    _ steps: ArraySlice<Step>, _ text: UnsafeBufferPointer<UInt8>, _ at: JSONReader,
    _ take: (Range<Int>) -> Bool
  ) -> Bool {
    let place = steps.firstIndex { if case .allElements = $0 { true } else { false } }
    guard var reader = follow(steps[..<(place ?? steps.endIndex)], text, at) else { return true }
    guard let place else {
      let start = reader.at
      return reader.skipValue() ? take(start..<reader.at) : true
    }
    guard reader.take("[") else { return true }
    reader.skipSpace()
    if reader.take("]") { return true }
    repeat {
      reader.skipSpace()
      guard each(steps[(place + 1)...], text, reader, take) else { return false }
      guard reader.skipValue() else { return true }
      reader.skipSpace()
    } while reader.take(",")
    return true
  }

  /// Where steps to one value lead to; nil for nowhere.
  private static func follow(
    _ steps: ArraySlice<Step>, _ text: UnsafeBufferPointer<UInt8>, _ at: JSONReader
  ) -> JSONReader? {
    var reader = at
    reader.skipSpace()
    for step in steps {
      let start: Int?
      switch step {
      case .member(let name): start = member(name, text, reader)
      case .element(let index): start = element(index, reader)
      case .elementFromEnd(let back):
        start = elementCount(reader).flatMap { count in
          count > back ? element(count - 1 - back, reader) : nil
        }
      case .allElements: start = nil
      }
      guard let start else { return nil }
      reader = JSONReader(text, at: start)
    }
    return reader
  }

  private static func member(
    _ name: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ at: JSONReader
  ) -> Int? {
    var reader = at
    guard reader.take("{") else { return nil }
    var found: Int?
    reader.skipSpace()
    if reader.take("}") { return nil }
    while true {
      reader.skipSpace()
      guard reader.byte == UInt8(ascii: "\""), let key = reader.skipString() else { return nil }
      reader.skipSpace()
      guard reader.take(":") else { return nil }
      reader.skipSpace()
      if JSONString.equals(text, key, name) { found = reader.at }
      guard reader.skipValue() else { return nil }
      reader.skipSpace()
      if reader.take(",") { continue }
      return reader.take("}") ? found : nil
    }
  }

  private static func element(_ index: Int, _ at: JSONReader) -> Int? {
    var reader = at
    guard reader.take("[") else { return nil }
    reader.skipSpace()
    if reader.take("]") { return nil }
    var left = index
    while true {
      reader.skipSpace()
      if left == 0 { return reader.at }
      guard reader.skipValue() else { return nil }
      reader.skipSpace()
      guard reader.take(",") else { return nil }
      left -= 1
    }
  }

  /// nil of what is no array.
  private static func elementCount(_ at: JSONReader) -> Int? {
    var reader = at
    guard reader.take("[") else { return nil }
    reader.skipSpace()
    if reader.take("]") { return 0 }
    var count = 0
    repeat {
      reader.skipSpace()
      guard reader.skipValue() else { return nil }
      reader.skipSpace()
      count += 1
    } while reader.take(",")
    return count
  }
}
