package import Schemas

/// Makes rows of the elements of a batch's lists, a bounded number at a time.
package struct ListUnfolding {
  /// For each element of a step the row that its list is in.
  package struct Step {
    package let rows: [UInt32]
    /// Where each stands in its list.
    package let numbers: [Int64]
    package let elements: Column
  }

  private let batch: Batch
  private let lists: Column
  private let element: DataType
  /// The columns whose values are repeated for each element.
  private let carried: [Column]
  private let rows: [Int]
  /// The place in `rows`, and the next element of that row's list.
  private var place = 0
  private var next = 0

  /// Of these rows. `lists` has a row for each of the batch's; a null list has no element.
  package init(
    _ batch: Batch, lists: Column, of element: DataType, rows: [Int], carrying columns: [Int]
  ) {
    self.batch = batch
    self.lists = lists
    self.element = element
    self.rows = rows
    carried = columns.map { batch.columns[$0] }.filter { $0.type.isText && !$0.isDictionary }
  }

  /// At most `rowLimit` elements, and none behind those that take `byteLimit` with what is repeated
  /// for them; nil where all were given.
  package mutating func step(rowLimit: Int, byteLimit: Int) -> Step? {
    var origins: [UInt32] = []
    var numbers: [Int64] = []
    var values: [UnsafeBufferPointer<UInt8>?] = []
    var bytes = 0
    while place < rows.count, values.count < rowLimit, bytes < byteLimit {
      let row = rows[place]
      let cell = lists.isValid(row) ? lists.text(row) : UnsafeBufferPointer(start: nil, count: 0)
      let list = NestedList(cell, element: element)
      let width = next < list.count ? carried.reduce(8) { $0 + $1.text(row).count } : 0
      while next < list.count, values.count < rowLimit, bytes < byteLimit {
        let value = list.element(next)
        values.append(value)
        origins.append(UInt32(truncatingIfNeeded: row))
        numbers.append(Int64(next))
        bytes += width + (value?.count ?? 0)
        next += 1
      }
      if next >= list.count {
        next = 0
        place += 1
      }
    }
    if values.isEmpty { return nil }
    let builder = PartBuilder(
      element, rowCount: values.count, byteCapacity: element.isText ? bytes : 0)
    for value in values { builder.append(value) }
    return Step(rows: origins, numbers: numbers, elements: builder.finish())
  }
}

extension Column {
  /// A column whose row *k* is this one's row `rows[k]`.
  package func gathered(rows: [UInt32]) -> Column {
    rows.withUnsafeBufferPointer { list in
      guard let base = list.baseAddress else { return Column(type, nulls: 0) }
      return gathered(rows: base, count: list.count)
    }
  }

  /// Whole numbers made of this column's.
  package func mapInts(_ type: DataType, _ change: (Int64) -> Int64) -> Column {
    let result = Column(fixed: type, rowCount: rowCount)
    for row in 0..<rowCount { result.ints[row] = change(ints[row]) }
    return result
  }

  /// The same with another number for each row.
  package func mapInts(
    _ type: DataType, _ others: [Int64], _ change: (Int64, Int64) -> Int64
  ) -> Column {
    let result = Column(fixed: type, rowCount: rowCount)
    for row in 0..<rowCount { result.ints[row] = change(ints[row], others[row]) }
    return result
  }

  /// A column of nulls.
  package convenience init(_ type: DataType, nulls rowCount: Int) {
    if type.isText {
      self.init(text: type, rowCount: rowCount, byteCount: 0, withValidity: true)
      offsets?.initialize(repeating: 0, count: rowCount + 1)
    } else {
      self.init(fixed: type, rowCount: rowCount, withValidity: true)
      values.initializeMemory(as: UInt8.self, repeating: 0, count: rowCount * type.width)
    }
    validity?.initialize(repeating: 0, count: rowCount)
  }
}

extension HiddenColumns {
  /// Those of the rows `rows[k]`.
  package func gathered(rows: [UInt32]) -> HiddenColumns {
    rows.withUnsafeBufferPointer { list in
      list.baseAddress.map { gathered(rows: $0, count: list.count) } ?? self
    }
  }
}
