import Columns
import Schemas

/// One value of a nested value: nil for a null. Canonical bytes, see `NestedLayout`.
typealias Element = UnsafeBufferPointer<UInt8>?

/// The arguments of a function of lists or maps, row by row. The columns live as long as it.
struct NestedArguments {
  private let columns: [Column]
  private let elements: [DataType]

  init(_ columns: [Column]) {
    self.columns = columns.map { $0.type == .float ? $0.canonicalFloats : $0 }
    elements = columns.map { column in
      switch column.type {
      case .list(let inner), .map(let inner): inner.type
      default: column.type
      }
    }
  }

  var count: Int { columns.count }

  func elementType(_ index: Int) -> DataType { elements[index] }

  func list(_ index: Int, _ row: Int) -> NestedList {
    NestedList(columns[index].text(row), element: elements[index])
  }

  func map(_ index: Int, _ row: Int) -> NestedMap {
    NestedMap(columns[index].text(row), value: elements[index])
  }

  func value(_ index: Int, _ row: Int) -> Element { columns[index].element(row) }

  func text(_ index: Int, _ row: Int) -> UnsafeBufferPointer<UInt8> { columns[index].text(row) }

  func int(_ index: Int, _ row: Int) -> Int64 { columns[index].ints[row] }

  func bool(_ index: Int, _ row: Int) -> Bool { columns[index].bools[row] != 0 }
}

extension Column {
  /// With one zero and one NaN, as they stand in nested values.
  fileprivate var canonicalFloats: Column {
    guard !isDictionary else { return self }
    let result = Column(fixed: .float, rowCount: rowCount, withValidity: hasNulls)
    let (from, to) = (floats, result.floats)
    for row in 0..<rowCount { to[row] = from[row] == 0 ? 0 : from[row].isNaN ? .nan : from[row] }
    if let from = validity, let to = result.validity { to.update(from: from, count: rowCount) }
    return result
  }
}

extension NestedList {
  var all: [Element] { (0..<count).map { element($0) } }

  /// Where an element stands first.
  func place(of wanted: Element) -> Int? {
    (0..<count).first { Elements.areEqual(element($0), wanted) }
  }
}

/// Equality and order of elements.
enum Elements {
  static func areEqual(_ a: Element, _ b: Element) -> Bool {
    switch (a, b) {
    case (nil, nil): true
    case (let a?, let b?): TextOrder.areEqual(a, b)
    default: false
    }
  }

  /// Whether `a` comes before `b`; NaN is greater than all.
  static func precedes(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>, _ type: DataType
  ) -> Bool {
    if type.isText { return TextOrder.order(a, b) < 0 }
    guard let x = UnsafeRawPointer(a.baseAddress), let y = UnsafeRawPointer(b.baseAddress) else {
      return false
    }
    switch type {
    case .bool: return a[0] < b[0]
    case .float:
      let (p, q) = (x.loadUnaligned(as: Double.self), y.loadUnaligned(as: Double.self))
      return q.isNaN ? !p.isNaN : p < q
    case .decimal:
      return x.loadUnaligned(as: Int128.self) < y.loadUnaligned(as: Int128.self)
    default: return x.loadUnaligned(as: Int64.self) < y.loadUnaligned(as: Int64.self)
    }
  }
}

/// Elements that were seen. O(1) for each.
struct ElementSet {
  private var hasNull = false
  private var byHash: [UInt64: [UnsafeBufferPointer<UInt8>]] = [:]

  init() {}

  init(_ list: NestedList) {
    for index in 0..<list.count { _ = insert(list.element(index)) }
  }

  /// Whether it is new.
  mutating func insert(_ element: Element) -> Bool {
    if contains(element) { return false }
    if let element {
      byHash[KeyHasher.hash(text: element), default: []].append(element)
    } else {
      hasNull = true
    }
    return true
  }

  func contains(_ element: Element) -> Bool {
    guard let element else { return hasNull }
    return byHash[KeyHasher.hash(text: element)]?.contains { TextOrder.areEqual($0, element) }
      ?? false
  }
}
