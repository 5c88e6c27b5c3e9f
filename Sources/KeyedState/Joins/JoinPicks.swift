import Columns
import Schemas

/// The rows that make the next batch of results.
struct JoinPicks {
  private(set) var left = PickedRows()
  private(set) var right = PickedRows()
  private var times: [Int64] = []
  private var batch = 0

  var count: Int { times.count }

  /// A match; its event time is that of the left row.
  mutating func add(_ left: JoinPane, _ leftRow: UInt32, _ right: JoinPane, _ rightRow: UInt32) {
    self.left.add(left, leftRow, batch)
    self.right.add(right, rightRow, batch)
    times.append(left.times[leftRow])
  }

  /// A row by itself.
  mutating func add(_ side: JoinSide, _ pane: JoinPane, _ row: UInt32) {
    if side == .left {
      left.add(pane, row, batch)
      right.addNone()
    } else {
      left.addNone()
      right.add(pane, row, batch)
    }
    times.append(pane.times[row])
  }

  /// The batch of what was picked; nil where that is nothing.
  mutating func take(_ shape: JoinShape) -> Batch? {
    guard count > 0 else { return nil }
    let columns = zip(shape.columns, shape.result.fields).map { source, field in
      switch source {
      case .left(let column): left.column(field.type) { $0.columns[column] }
      case .right(let column): right.column(field.type) { $0.columns[column] }
      case .either(let a, let b): either(a, b, field.type)
      }
    }
    let result = Batch(schema: shape.result, columns: columns, rowCount: count)
    result.hidden.eventTimes = .filled(.timestamp, times)
    addTags(to: result)
    left.clear()
    right.clear()
    times.removeAll(keepingCapacity: true)
    batch += 1
    return result
  }

  private func either(_ a: Int, _ b: Int, _ type: DataType) -> Column {
    let builder = ColumnBuilder(type, capacity: count)
    for k in 0..<count {
      if let (rows, row) = left[k] {
        builder.append(from: rows.columns[a], row: row)
      } else if let (rows, row) = right[k] {
        builder.append(from: rows.columns[b], row: row)
      }
    }
    return builder.finish()
  }

  /// The order among results of one time: rows of a partition stay in their order, and the matches
  /// of a row stand by where the other one came from. Only where the rows themselves have tags.
  private func addTags(to result: Batch) {
    guard left.hasTags || right.hasTags else { return }
    let lanes = Column(fixed: .int, rowCount: count)
    let places = Column(fixed: .int, rowCount: count)
    for k in 0..<count {
      let (a, b) = (left.tag(k), right.tag(k))
      let own = left[k] == nil ? b : a
      let mixed = Self.mix(own.lane)
      lanes.ints[k] = (own.place &<< 8 | Int64(mixed & 0xFF)) & .max
      let both = Self.mix(b.place) ^ Self.mix(b.lane &+ 1) &* 3 ^ mixed &* 5
      places.ints[k] = Int64(bitPattern: both) & .max
    }
    result.hidden.lanes = lanes
    result.hidden.places = places
  }

  /// The finaliser of SplitMix64.
  static func mix(_ value: Int64) -> UInt64 {
    var bits = UInt64(bitPattern: value) &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}

extension Column {
  fileprivate static func filled(_ type: DataType, _ values: [Int64]) -> Column {
    let column = Column(fixed: type, rowCount: values.count)
    for (k, value) in values.enumerated() { column.ints[k] = value }
    return column
  }
}
