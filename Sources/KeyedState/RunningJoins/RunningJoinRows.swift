import CPlatform
import Columns
import Schemas

/// Rows of a join's result that come or go, gathered to a batch.
struct RunningJoinRows {
  private let shape: RunningJoinShape
  private let sides: [RunningJoinSide]
  private var lefts: [UnsafeBufferPointer<UInt8>] = []
  private var rights: [UnsafeBufferPointer<UInt8>] = []
  /// Which side has a row.
  private var hasLeft: [Bool] = []
  private var isGone: [Bool] = []
  private var goneCount = 0
  private var byteCount = 0

  init(_ shape: RunningJoinShape, _ sides: [RunningJoinSide]) {
    self.shape = shape
    self.sides = sides
  }

  var count: Int { isGone.count }

  /// Whether it has so many rows, or as many bytes as a batch should have: a row may be large, and
  /// meet many.
  func isFull(_ limit: Int) -> Bool { count >= limit || byteCount >= TextLimit.batchBytes }

  /// Adds what a row of `side` makes with one of the other; nil: there is none. The bytes must
  /// stay until the batch is finished.
  mutating func add(
    _ side: JoinSide, _ own: UnsafeBufferPointer<UInt8>?, _ other: UnsafeBufferPointer<UInt8>?,
    isGone: Bool
  ) {
    let (left, right) = side == .left ? (own, other) : (other, own)
    lefts.append(left ?? sides[0].nulls.bytes)
    rights.append(right ?? sides[1].nulls.bytes)
    byteCount += lefts[lefts.count - 1].count + rights[rights.count - 1].count
    // It is read when the batch is full.
    if let start = other?.baseAddress { raudal_prefetch(start) }
    hasLeft.append(left != nil)
    self.isGone.append(isGone)
    if isGone { goneCount += 1 }
  }

  /// The batch; nil: it has no rows.
  func finish() -> Batch? {
    guard count > 0 else { return nil }
    let left = sides[0].rowKeys.columns(lefts, sides[0].types)
    let readsRight = shape.join.columns.contains { if case .left = $0 { false } else { true } }
    let right = readsRight ? sides[1].rowKeys.columns(rights, sides[1].types) : []
    let columns = shape.join.columns.map { source in
      switch source {
      case .left(let place): left[place]
      case .right(let place): right[place]
      case .either(let a, let b): either(left[a], right[b])
      }
    }
    let batch = Batch(schema: shape.join.result, columns: columns, rowCount: count)
    guard goneCount > 0 else { return batch }
    let kinds = isGone.map { $0 ? RowKind.delete : .insert }
    batch.hidden.rowKinds = .kinds(kinds)
    guard !shape.pairs.isEmpty, goneCount < count else { return batch }
    return paired(batch)
  }

  private func either(_ left: Column, _ right: Column) -> Column {
    if !hasLeft.contains(false) { return left }
    let builder = ColumnBuilder(left.type, capacity: count)
    for row in 0..<count { builder.append(from: hasLeft[row] ? left : right, row: row) }
    return builder.finish()
  }

  /// Puts a row that goes to the next one of its key that comes: that one is an update of it, and
  /// nothing at all where they are equal.
  private func paired(_ batch: Batch) -> Batch? {
    let keys = keys(of: batch)
    let equality = RowEquality(batch, from: 0, false)
    var waiting: [[UInt8]: Int] = [:]
    var mates = [Int?](repeating: nil, count: count)
    var isMate = [Bool](repeating: false, count: count)
    for row in 0..<count {
      if isGone[row] {
        waiting[keys[row]] = row
      } else if let before = waiting.removeValue(forKey: keys[row]) {
        mates[row] = before
        isMate[before] = true
      }
    }
    var rows: [UInt32] = []
    var kinds: [RowKind] = []
    for row in 0..<count where !isMate[row] {
      if let before = mates[row] {
        if equality.areEqual(before, row) { continue }
        rows.append(UInt32(truncatingIfNeeded: before))
        kinds.append(.updateBefore)
      }
      rows.append(UInt32(truncatingIfNeeded: row))
      kinds.append(mates[row] != nil ? .updateAfter : isGone[row] ? .delete : .insert)
    }
    guard !rows.isEmpty else { return nil }
    let result = batch.gathered(rows: rows)
    result.hidden.rowKinds = .kinds(kinds)
    return result
  }

  private func keys(of batch: Batch) -> [[UInt8]] {
    let columns = shape.pairs.map { batch.columns[$0].withoutDictionary() }
    let (numbers, scratch) = (IdentityRows(), KeyScratch())
    let bytes = KeyCodec(columns.map(\.type)).bytes(
      of: columns, RowList(rows: numbers.first(count), count: count), rowCount: count,
      scratch: scratch)
    return withExtendedLifetime(columns) {
      (0..<count).map { row in
        let isNull = bytes.validity.map { $0[row] == 0 } ?? false
        return isNull ? [] : [1] + Array(bytes[UInt32(row)])
      }
    }
  }
}
