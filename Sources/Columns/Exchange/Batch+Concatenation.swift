package import Schemas

extension Batch {
  /// One batch of the rows of several, in order. They have the same schema and no selection, and at
  /// least one is there. A dictionary that all of them share stays one. O(rows × columns).
  package static func concatenated(_ parts: [Batch]) -> Batch {
    precondition(!parts.isEmpty, "there is no batch of nothing")
    guard parts.count > 1 else { return parts[0] }
    let first = parts[0]
    let columns = first.columns.indices.map { index in
      Column.concatenated(parts.map { $0.columns[index] })
    }
    func hidden(
      _ path: KeyPath<HiddenColumns, Column?>, _ type: DataType, absent: Int64
    ) -> Column? {
      guard parts.contains(where: { $0.hidden[keyPath: path] != nil }) else { return nil }
      return .concatenated(
        parts.map {
          $0.hidden[keyPath: path] ?? .repeating(absent, type, rowCount: $0.rowCount)
        })
    }
    var all = HiddenColumns()
    all.eventTimes = hidden(\.eventTimes, .timestamp, absent: .min)
    all.lanes = hidden(\.lanes, .int, absent: 0)
    all.places = hidden(\.places, .int, absent: 0)
    all.lateWatermarks = hidden(\.lateWatermarks, .timestamp, absent: .min)
    all.rowKinds = hidden(\.rowKinds, .int, absent: RowKind.insert.rawValue)
    return Batch(
      schema: first.schema, columns: columns, rowCount: parts.reduce(0) { $0 + $1.rowCount },
      hidden: all)
  }
}

extension Column {
  /// An `Int64` column with the same value in every row.
  package static func repeating(_ value: Int64, _ type: DataType, rowCount: Int) -> Column {
    let column = Column(fixed: type, rowCount: rowCount)
    column.ints.update(repeating: value, count: rowCount)
    return column
  }

  /// `start`, `start + 1`, … as an `int` column.
  package static func counting(from start: Int64, rowCount: Int) -> Column {
    let column = Column(fixed: .int, rowCount: rowCount)
    let values = column.ints
    for row in 0..<rowCount { values[row] = start &+ Int64(row) }
    return column
  }

  /// The rows of several columns of one type, in order.
  static func concatenated(_ parts: [Column]) -> Column {
    let first = parts[0]
    let rowCount = parts.reduce(0) { $0 + $1.rowCount }
    let withValidity = parts.contains { $0.hasNulls }
    let result: Column
    if let dictionary = first.dictionary, parts.allSatisfy({ $0.dictionary === dictionary }) {
      result = Column(dictionary: dictionary, rowCount: rowCount, withValidity: withValidity)
      result.fill(from: parts, width: 4)
    } else if parts.contains(where: \.isDictionary) {
      let builder = ColumnBuilder(first.type, capacity: rowCount)
      for part in parts {
        for row in 0..<part.rowCount { builder.append(from: part, row: row) }
      }
      return builder.finish()
    } else if first.type.isText {
      result = concatenatedText(parts, rowCount: rowCount, withValidity: withValidity)
    } else {
      result = Column(fixed: first.type, rowCount: rowCount, withValidity: withValidity)
      result.fill(from: parts, width: first.type.width)
    }
    result.fillValidity(from: parts)
    return result
  }

  private static func concatenatedText(
    _ parts: [Column], rowCount: Int, withValidity: Bool
  ) -> Column {
    let size = parts.reduce(0) { $0 + $1.textBytes }
    let result = Column(
      text: parts[0].type, rowCount: rowCount, byteCount: size, withValidity: withValidity)
    // A text column made by this initialiser has both.
    guard let ends = result.offsets, let target = result.bytes else { return result }
    var row = 0
    var end: UInt32 = 0
    ends[0] = 0
    for part in parts {
      guard let offsets = part.offsets, let bytes = part.bytes else { continue }
      let start = offsets[0]
      (target + Int(end)).update(from: bytes + Int(start), count: part.textBytes)
      for k in 0..<part.rowCount { ends[row &+ k &+ 1] = end &+ (offsets[k &+ 1] &- start) }
      row &+= part.rowCount
      end = ends[row]
    }
    return result
  }

  private func fill(from parts: [Column], width: Int) {
    var target = values
    for part in parts {
      target.copyMemory(from: part.values, byteCount: part.rowCount * width)
      target += part.rowCount * width
    }
  }

  private func fillValidity(from parts: [Column]) {
    guard var target = validity else { return }
    for part in parts {
      if let from = part.validity {
        target.update(from: from, count: part.rowCount)
      } else {
        target.update(repeating: 1, count: part.rowCount)
      }
      target += part.rowCount
    }
  }
}
