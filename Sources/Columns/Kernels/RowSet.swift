/// The rows that a kernel works on: all of a batch's, or the selected ones.
package struct RowSet {
  package let rowCount: Int
  package let selection: Selection?

  package init(rowCount: Int, selection: Selection? = nil) {
    self.rowCount = rowCount
    self.selection = selection
  }

  /// How many rows there are to work on.
  package var count: Int { selection?.count ?? rowCount }

  /// Whether a kernel that can't fail does better on all rows than on the selected ones: a loop
  /// without indirection runs about four times as fast.
  package var prefersAll: Bool {
    guard let selection else { return true }
    return selection.count >= rowCount / 4
  }

  /// The same rows, or all where that is cheaper. For values without meaning outside of the set.
  @inline(__always)
  var blind: RowSet { prefersAll ? RowSet(rowCount: rowCount) : self }

  @inline(__always)
  func forEach(_ body: (Int) -> Void) {
    if let selection {
      let rows = selection.rows
      for k in 0..<selection.count { body(Int(rows[k])) }
    } else {
      for row in 0..<rowCount { body(row) }
    }
  }
}
