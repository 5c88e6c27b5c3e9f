/// Rows that come several times, one behind the other.
package struct Repetition {
  /// Each row once.
  let distinct: [UInt32]
  /// For each place the place of its row in `distinct`.
  let codes: [UInt32]

  package init(_ rows: [UInt32]) {
    var distinct: [UInt32] = []
    var codes: [UInt32] = []
    codes.reserveCapacity(rows.count)
    for row in rows {
      if distinct.last != row { distinct.append(row) }
      codes.append(UInt32(truncatingIfNeeded: distinct.count - 1))
    }
    self.distinct = distinct
    self.codes = codes
  }
}

extension Column {
  /// A column whose row *k* is this one's row `rows[k]`. Text is not copied more than once.
  package func repeated(_ repetition: Repetition) -> Column {
    let once = gathered(rows: repetition.distinct)
    guard type.isText, !once.isDictionary else { return once.gathered(rows: repetition.codes) }
    let count = repetition.codes.count
    let result = Column(dictionary: once, rowCount: count, withValidity: once.hasNulls)
    let codes = result.codes
    for k in 0..<count { codes[k] = repetition.codes[k] }
    if let from = once.validity, let to = result.validity {
      for k in 0..<count { to[k] = from[Int(codes[k])] }
    }
    // A dictionary has no nulls; the text under one is empty.
    once.dropValidity()
    return result
  }
}
