import Schemas

extension Column {
  /// A column of the selected rows alone, in their order. The dictionary is shared.
  /// O(selected rows and their bytes).
  package func gathered(by selection: Selection) -> Column {
    gathered(rows: selection.rows, count: selection.count)
  }

  /// A column whose row *k* is this one's row `rows[k]`; a row may come several times.
  package func gathered(rows: UnsafePointer<UInt32>, count: Int) -> Column {
    let result: Column
    if let dictionary {
      result = Column(dictionary: dictionary, rowCount: count, withValidity: hasNulls)
      gather(codes, to: result.codes, rows, count)
    } else if let offsets, let bytes {
      result = gatheredText(offsets, bytes, rows, count)
    } else {
      result = Column(fixed: type, rowCount: count, withValidity: hasNulls)
      switch type.width {
      case 1: gather(bools, to: result.bools, rows, count)
      case 16: gather(decimals, to: result.decimals, rows, count)
      default: gather(ints, to: result.ints, rows, count)
      }
    }
    if let from = validity, let to = result.validity { gather(from, to: to, rows, count) }
    return result
  }

  private func gatheredText(
    _ offsets: UnsafeMutablePointer<UInt32>, _ bytes: UnsafeMutablePointer<UInt8>,
    _ rows: UnsafePointer<UInt32>, _ count: Int
  ) -> Column {
    var size = 0
    for k in 0..<count {
      let row = Int(rows[k])
      size &+= Int(offsets[row &+ 1] &- offsets[row])
    }
    let result = Column(text: type, rowCount: count, byteCount: size, withValidity: hasNulls)
    // A text column made by this initialiser has both.
    guard let ends = result.offsets, let target = result.bytes else { return result }
    var end = 0
    ends[0] = 0
    for k in 0..<count {
      let row = Int(rows[k])
      let start = Int(offsets[row])
      let length = Int(offsets[row &+ 1]) &- start
      copy(bytes + start, to: target + end, length)
      end &+= length
      ends[k &+ 1] = UInt32(truncatingIfNeeded: end)
    }
    return result
  }
}

extension Batch {
  /// A batch of the rows that count, without selection; itself where all count.
  /// O(selected rows × columns).
  package func gathered() -> Batch {
    guard let selection else { return self }
    return Batch(
      schema: schema, columns: columns.map { $0.gathered(by: selection) },
      rowCount: selection.count,
      hidden: hidden.gathered(rows: selection.rows, count: selection.count))
  }
}

extension Batch {
  /// The rows of those numbers, in that order, selected or not, without selection.
  /// O(rows × columns).
  package func gathered(rows: [UInt32]) -> Batch {
    let order = Selection(numbers: rows)
    // Its memory goes with it.
    defer { withExtendedLifetime(order) {} }
    return Batch(
      schema: schema, columns: columns.map { $0.gathered(by: order) }, rowCount: rows.count,
      hidden: hidden.gathered(rows: order.rows, count: rows.count))
  }
}

extension HiddenColumns {
  /// Those of the rows `rows[k]`; a row may come several times.
  package func gathered(rows: UnsafePointer<UInt32>, count: Int) -> HiddenColumns {
    var hidden = HiddenColumns()
    hidden.eventTimes = eventTimes?.gathered(rows: rows, count: count)
    hidden.lanes = lanes?.gathered(rows: rows, count: count)
    hidden.places = places?.gathered(rows: rows, count: count)
    hidden.lateWatermarks = lateWatermarks?.gathered(rows: rows, count: count)
    hidden.rowKinds = rowKinds?.gathered(rows: rows, count: count)
    hidden.records = records
    if records != nil {
      hidden.recordRows =
        recordRows?.gathered(rows: rows, count: count) ?? .numbers(rows, count: count)
    }
    return hidden
  }
}

extension Column {
  /// The row numbers themselves, as an `int` column.
  fileprivate static func numbers(_ rows: UnsafePointer<UInt32>, count: Int) -> Column {
    let result = Column(fixed: .int, rowCount: count)
    let values = result.ints
    for k in 0..<count { values[k] = Int64(rows[k]) }
    return result
  }
}

@inline(__always)
private func gather<T: BitwiseCopyable>(
  _ from: UnsafePointer<T>, to: UnsafeMutablePointer<T>, _ rows: UnsafePointer<UInt32>,
  _ count: Int
) {
  for k in 0..<count { to[k] = from[Int(rows[k])] }
}

/// Copies a text. Short ones go as one 16-byte move into the slack that every column has behind its
/// last byte; the next text overwrites what was too much.
@inline(__always)
func copy(_ from: UnsafePointer<UInt8>, to: UnsafeMutablePointer<UInt8>, _ count: Int) {
  if count <= 16 {
    let chunk = UnsafeRawPointer(from).loadUnaligned(as: SIMD16<UInt8>.self)
    UnsafeMutableRawPointer(to).storeBytes(of: chunk, as: SIMD16<UInt8>.self)
  } else {
    UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: count)
  }
}

extension Batch {
  /// The rows of a range, selected or not, without selection and hidden columns.
  package func gathered(rows range: Range<Int>) -> Batch {
    let selection = Selection(rows: Array(range))
    return Batch(
      schema: schema, columns: columns.map { $0.gathered(by: selection) }, rowCount: range.count)
  }
}
