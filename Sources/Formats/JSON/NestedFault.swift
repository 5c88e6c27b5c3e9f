import Columns
import Schemas

/// What is wrong inside a nested value, and where.
package struct NestedFault {
  enum Kind {
    case reason(String)
    case null(DataType)
    case missing(DataType)
  }

  private let kind: Kind
  /// From the value down: `.price`, `[2]`.
  private var path = ""

  init(_ kind: Kind) { self.kind = kind }

  func at(_ index: Int) -> NestedFault { behind("[\(index)]") }
  func below(_ name: String) -> NestedFault { behind(".\(name)") }
  func below(key: String) -> NestedFault { behind("[\"\(key.prefix(40))\"]") }

  private func behind(_ step: String) -> NestedFault {
    var result = self
    result.path = step + path
    return result
  }

  /// `` `items[2].price`: int was expected, not a text ``
  func message(below name: String) -> String {
    let place = name + path
    switch kind {
    case .reason(let reason): return "`\(place)`: \(reason)"
    case .null(let type): return "`\(place)` is null, but its type is not `\(type)?`"
    case .missing(let type): return "`\(place)` is missing, and its type is not `\(type)?`"
    }
  }

  /// The same without a column's name.
  package var message: String {
    if path.isEmpty, case .reason(let reason) = kind { return reason }
    var result = self
    if result.path.first == "." { result.path.removeFirst() }
    return result.message(below: "")
  }
}

extension NestedReading.Cell {
  func isOpened(by bracket: UInt8) -> Bool {
    kind == CellSlots.Kind.nested && bytes.first == bracket
  }

  /// `a text (`"x"`)`, for messages.
  var description: String {
    let shown = String(decoding: bytes.prefix(40), as: UTF8.self)
    return "\(CellReading.name(of: kind, bytes.first)) (`\(shown)\(bytes.count > 40 ? "…" : "")`)"
  }

  /// The elements of an array that was checked before.
  var elements: [NestedReading.Cell] {
    var result: [NestedReading.Cell] = []
    guard let base = bytes.baseAddress else { return [] }
    var walker = JSONWalker(base, start: 1, end: bytes.count)
    walker.skipSpace()
    if walker.take(UInt8(ascii: "]")) { return [] }
    while let value = walker.takeValue(depth: 0) {
      result.append(NestedReading.Cell(value, in: base))
      walker.skipSpace()
      guard walker.take(UInt8(ascii: ",")) else { break }
      walker.skipSpace()
    }
    return result
  }

  /// The members of an object that was checked before, in order: the name, whether it has escapes,
  /// the value.
  func forEachMember(
    _ body: (UnsafeBufferPointer<UInt8>, Bool, NestedReading.Cell) -> Void
  ) {
    guard let base = bytes.baseAddress else { return }
    var walker = JSONWalker(base, start: 1, end: bytes.count)
    while true {
      walker.skipSpace()
      let start = walker.at + 1
      guard walker.take(UInt8(ascii: "\"")), let hasEscape = walker.skipText() else { return }
      let name = UnsafeBufferPointer(start: base + start, count: walker.at - 1 - start)
      guard walker.takeColon(), let value = walker.takeValue(depth: 0) else { return }
      body(name, hasEscape, NestedReading.Cell(value, in: base))
      walker.skipSpace()
      guard walker.take(UInt8(ascii: ",")) else { return }
    }
  }
}
