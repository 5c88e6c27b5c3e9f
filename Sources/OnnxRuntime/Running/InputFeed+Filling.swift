import Columns
import Schemas

/// Converts the values of columns to a tensor's.
extension InputFeed {
  /// Values a row. Of lists the first one's length, where the model does not fix it.
  func width(_ columns: [Column], _ rows: TensorRows) throws(TensorError) -> Int {
    switch source {
    case .column: return 1
    case .matrix(let columns): return columns.count
    case .list(let index):
      return port.fixedWidth ?? list(columns[index], rows.start).count
    }
  }

  /// The memory of a column that is the tensor's as it is.
  func shared(_ columns: [Column], _ rows: TensorRows) -> UnsafeMutableRawPointer? {
    let index: Int
    switch source {
    case .column(let only): index = only
    case .matrix(let several):
      guard several.count == 1 else { return nil }
      index = several[0]
    case .list: return nil
    }
    guard rows.count == rows.padded else { return nil }
    let column = columns[index]
    switch (element, column.type) {
    case (.float64, .float), (.int64, .int), (.bool, .bool):
      return column.values + rows.start * element.width
    default: return nil
    }
  }

  /// The rows' values, without those that fill the batch up.
  func fill(
    _ data: UnsafeMutableRawPointer, _ width: Int, _ columns: [Column], _ rows: TensorRows
  ) throws(TensorError) {
    switch source {
    case .column(let index): try fill(data, 0, 1, columns[index], rows)
    case .matrix(let indexes):
      for (place, index) in indexes.enumerated() {
        try fill(data, place, width, columns[index], rows)
      }
    case .list(let index): try fill(data, width, lists: columns[index], rows)
    }
  }

  /// The texts of a row, of which there are as many as the input is wide.
  @inline(__always)
  func text(_ columns: [Column], _ row: Int, _ place: Int) -> UnsafeBufferPointer<UInt8> {
    switch source {
    case .column(let index): columns[index].text(row)
    case .matrix(let indexes): columns[indexes[place]].text(row)
    case .list(let index): list(columns[index], row)[place]
    }
  }

  private func list(_ column: Column, _ row: Int) -> NestedList {
    NestedList(column.text(row), element: element.declared ?? .unknown)
  }

  /// One column, to every `stride`th value from `place` on.
  private func fill(
    _ data: UnsafeMutableRawPointer, _ place: Int, _ stride: Int, _ column: Column,
    _ rows: TensorRows
  ) throws(TensorError) {
    let target = StridedTarget(data: data, place: place, stride: stride, rows: rows)
    switch (element, column.type) {
    case (.float32, .float): target.fill(column.floats) { Float($0) }
    case (.float32, .int): target.fill(column.ints) { Float($0) }
    case (.float64, .float): target.fill(column.floats) { $0 }
    case (.float64, .int): target.fill(column.ints) { Double($0) }
    case (.bool, _): target.fill(column.bools) { $0 }
    default: try fill(target, ints: column.ints)
    }
  }

  private func fill(
    _ target: StridedTarget, ints: UnsafeMutablePointer<Int64>
  ) throws(TensorError) {
    let misfit =
      switch element {
      case .int8: target.narrow(ints, to: Int8.self)
      case .int16: target.narrow(ints, to: Int16.self)
      case .int32: target.narrow(ints, to: Int32.self)
      case .uint8: target.narrow(ints, to: UInt8.self)
      case .uint16: target.narrow(ints, to: UInt16.self)
      case .uint32: target.narrow(ints, to: UInt32.self)
      case .uint64: target.narrow(ints, to: UInt64.self)
      default: target.narrow(ints, to: Int64.self)
      }
    if let misfit {
      throw .value(
        input: port.name, row: misfit, reason: "\(ints[misfit]) is out of the range of \(element)")
    }
  }

  private func fill(
    _ data: UnsafeMutableRawPointer, _ width: Int, lists column: Column, _ rows: TensorRows
  ) throws(TensorError) {
    let row = TensorRows(start: 0, count: width, padded: width)
    let block = Memory.allocate(width * 8)
    defer { block.free() }
    for number in 0..<rows.count {
      let list = try checkedList(column, rows.start + number, width)
      guard let slots = list.slots else { continue }
      // Slots may lie at any address.
      block.base.copyMemory(
        from: slots, byteCount: width * (element.declared ?? .unknown).slotWidth)
      let target = StridedTarget(
        data: data + number * width * element.width, place: 0, stride: 1, rows: row)
      switch element {
      case .float32: target.fill(block.base.assumingMemoryBound(to: Double.self)) { Float($0) }
      case .float64: target.fill(block.base.assumingMemoryBound(to: Double.self)) { $0 }
      case .bool: target.fill(block.base.assumingMemoryBound(to: UInt8.self)) { $0 }
      default:
        do throws(TensorError) {
          try fill(target, ints: block.base.assumingMemoryBound(to: Int64.self))
        } catch {
          guard case .value(let input, let place, let reason) = error else { throw error }
          throw .value(
            input: input, row: rows.start + number, reason: "\(reason), at index \(place)")
        }
      }
    }
  }

  /// Holds all lists against the width, where the input is made of lists.
  func checkLists(_ columns: [Column], _ width: Int, _ rows: TensorRows) throws(TensorError) {
    guard case .list(let index) = source else { return }
    for row in 0..<rows.count { _ = try checkedList(columns[index], rows.start + row, width) }
  }

  /// A list of the length that the input has, without nulls.
  private func checkedList(_ column: Column, _ row: Int, _ width: Int) throws(TensorError)
    -> NestedList
  {
    let list = list(column, row)
    if list.count != width {
      throw .value(
        input: port.name, row: row, reason: "its list has \(list.count) values, not \(width)")
    }
    if list.hasNulls {
      throw .value(input: port.name, row: row, reason: "its list has a null in it")
    }
    return list
  }
}

/// Where a column's values go in a tensor of several.
struct StridedTarget {
  var data: UnsafeMutableRawPointer
  var place: Int
  var stride: Int
  var rows: TensorRows

  @inline(__always)
  func fill<From, To>(_ values: UnsafeMutablePointer<From>, _ convert: (From) -> To) {
    let target = data.assumingMemoryBound(to: To.self) + place
    let values = values + rows.start
    for row in 0..<rows.count { target[row &* stride] = convert(values[row]) }
  }

  /// The first row whose value is out of range, if there is one.
  @inline(__always)
  func narrow<To: FixedWidthInteger>(
    _ values: UnsafeMutablePointer<Int64>, to type: To.Type
  ) -> Int? {
    let target = data.assumingMemoryBound(to: To.self) + place
    for row in 0..<rows.count {
      guard let value = To(exactly: values[rows.start &+ row]) else { return rows.start + row }
      target[row &* stride] = value
    }
    return nil
  }
}
