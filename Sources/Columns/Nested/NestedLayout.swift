package import Schemas

/// How a list, a map or a struct lies in one cell of bytes.
///
/// A nested value is one cell: its column has the layout of a text column, so that whatever moves,
/// hashes or keeps text does so with it. The encoding is canonical, equal values have equal bytes:
/// - struct: a byte of validity for each field, a slot for each, then the data;
/// - list: its count and whether an element is null (two `UInt32`), if so a byte of validity for
///   each element, a slot for each, then the data;
/// - map: the length of its key list (`UInt32`), that list, the list of values; keys ascend by
///   their bytes, and each stands once.
///
/// A slot holds a value of fixed width as a column does (floats with one zero and one NaN), of any
/// other its place in the data and its length (two `UInt32`); zeros for a null. The data holds
/// those values in order, without gaps. Whether a type allows nulls changes no byte of a value
/// without one. An empty cell, as nulls have it, reads as an empty list or a struct of nulls.
///
/// Readers look at every bound, for a cell may come out of a damaged file.
package enum NestedLayout {
  /// Bytes before a list's validity or slots.
  static let listHead = 8

  @inline(__always)
  static func word(_ base: UnsafePointer<UInt8>, _ at: Int) -> Int {
    Int(UnsafeRawPointer(base + at).loadUnaligned(as: UInt32.self))
  }

  @inline(__always)
  static func store(_ value: Int, _ base: UnsafeMutablePointer<UInt8>, _ at: Int) {
    UnsafeMutableRawPointer(base + at).storeBytes(
      of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
  }

  /// The value that a slot points to; empty where it points out of the data.
  @inline(__always)
  static func data(
    _ slot: UnsafePointer<UInt8>, _ data: UnsafePointer<UInt8>, _ size: Int
  ) -> UnsafeBufferPointer<UInt8> {
    let start = word(slot, 0)
    let length = word(slot, 4)
    guard start + length <= size else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: data + start, count: length)
  }
}

extension DataType {
  /// Bytes of a value's slot inside a nested value.
  package var slotWidth: Int { isText ? 8 : width }
}

/// A list in its cell.
package struct NestedList {
  package let count: Int
  private let validity: UnsafePointer<UInt8>?
  /// Of fixed width: the elements, as a column has them but for their alignment.
  package let slots: UnsafePointer<UInt8>?
  private let width: Int
  private let isText: Bool
  private let dataSize: Int

  package init(_ cell: UnsafeBufferPointer<UInt8>, element: DataType) {
    width = element.slotWidth
    isText = element.isText
    let head = NestedLayout.listHead
    guard let base = cell.baseAddress, cell.count >= head else {
      (count, validity, slots, dataSize) = (0, nil, nil, 0)
      return
    }
    let stated = NestedLayout.word(base, 0)
    let masked = NestedLayout.word(base, 4) == 1 ? stated : 0
    let used = head + masked + stated * width
    guard used <= cell.count else {
      (count, validity, slots, dataSize) = (0, nil, nil, 0)
      return
    }
    count = stated
    validity = masked > 0 ? base + head : nil
    slots = base + head + masked
    dataSize = cell.count - used
  }

  package var hasNulls: Bool { validity != nil }

  @inline(__always)
  package func isValid(_ index: Int) -> Bool { validity.map { $0[index] != 0 } ?? true }

  /// The bytes of an element, as `Column.cell` gives them; of a null they mean nothing.
  @inline(__always)
  package subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
    guard let slots else { return UnsafeBufferPointer(start: nil, count: 0) }
    let slot = slots + index &* width
    guard isText else { return UnsafeBufferPointer(start: slot, count: width) }
    return NestedLayout.data(slot, slots + count &* width, dataSize)
  }

  /// The element, nil for a null.
  package func element(_ index: Int) -> UnsafeBufferPointer<UInt8>? {
    isValid(index) ? self[index] : nil
  }
}

/// A map in its cell: two lists of the same length.
package struct NestedMap {
  package let keys: NestedList
  package let values: NestedList
  /// The cells of the two lists.
  package let keyCell: UnsafeBufferPointer<UInt8>
  package let valueCell: UnsafeBufferPointer<UInt8>

  package init(_ cell: UnsafeBufferPointer<UInt8>, value: DataType) {
    var split = 4
    if let base = cell.baseAddress, cell.count >= 4 {
      split = min(4 + NestedLayout.word(base, 0), cell.count)
    }
    let start = min(4, cell.count)
    keyCell = UnsafeBufferPointer(rebasing: cell[start..<max(start, min(split, cell.count))])
    valueCell = UnsafeBufferPointer(rebasing: cell[min(split, cell.count)...])
    keys = NestedList(keyCell, element: .string)
    values = NestedList(valueCell, element: value)
  }

  package var count: Int { min(keys.count, values.count) }

  /// The place of a key; nil where it has none. O(log count).
  package func index(of key: UnsafeBufferPointer<UInt8>) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let order = TextOrder.order(keys[middle], key)
      if order == 0 { return middle }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}

/// Where a struct's fields lie in its cells.
package struct StructLayout {
  package let fields: [DataType]
  /// Where each field's slot begins.
  let slots: [Int]
  /// Where the data begins.
  let size: Int

  package init(_ fields: [DataType]) {
    self.fields = fields
    var at = fields.count
    var slots: [Int] = []
    for field in fields {
      slots.append(at)
      at += field.slotWidth
    }
    self.slots = slots
    size = at
  }

  /// A field's bytes, as `Column.cell` gives them; nil for a null. O(1).
  @inline(__always)
  package func field(
    _ index: Int, of cell: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8>? {
    guard let base = cell.baseAddress, cell.count >= size, base[index] != 0 else { return nil }
    let slot = base + slots[index]
    let type = fields[index]
    guard type.isText else { return UnsafeBufferPointer(start: slot, count: type.width) }
    return NestedLayout.data(slot, base + size, cell.count - size)
  }
}

extension Column {
  /// The bytes of a row's value, plain and dictionary alike: text and nested values as they are,
  /// any other as it lies in `values`. Valid while the column lives; of a null they mean nothing.
  @inline(__always)
  package func cell(_ row: Int) -> UnsafeBufferPointer<UInt8> {
    if type.isText { return text(row) }
    let plain = dictionary ?? self
    let place = isDictionary ? Int(codes[row]) : row
    let width = type.width
    return UnsafeBufferPointer(
      start: plain.values.assumingMemoryBound(to: UInt8.self) + place * width, count: width)
  }

  /// The row's value, nil for a null.
  package func element(_ row: Int) -> UnsafeBufferPointer<UInt8>? {
    isValid(row) ? cell(row) : nil
  }
}
