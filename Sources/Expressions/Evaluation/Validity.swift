import Columns
import Schemas

/// Which rows of several columns are null in none of them.
final class CommonValidity {
  /// nil: no row is null.
  let bytes: UnsafePointer<UInt8>?
  private let columns: [Column]
  private let memory: Memory?

  /// O(columns that have nulls × rows).
  init(_ columns: [Column], rowCount: Int) {
    self.columns = columns
    var found: UnsafePointer<UInt8>?
    var own: Memory?
    for validity in columns.compactMap(\.validity) {
      guard let other = found else {
        found = UnsafePointer(validity)
        continue
      }
      let target = own ?? Memory.allocate(rowCount)
      own = target
      let bytes = target.base.assumingMemoryBound(to: UInt8.self)
      LogicKernels.intersect(other, validity, to: bytes, rowCount: rowCount)
      found = UnsafePointer(bytes)
    }
    bytes = found
    memory = own
  }

  deinit { memory?.free() }
}

extension Column {
  /// A column of fixed width that is null where one of the arguments is.
  static func strict(_ type: DataType, over arguments: [Column], rowCount: Int) -> Column {
    let common = CommonValidity(arguments, rowCount: rowCount)
    let column = Column(fixed: type, rowCount: rowCount, withValidity: common.bytes != nil)
    if let from = common.bytes, let to = column.validity {
      to.update(from: from, count: rowCount)
    }
    return withExtendedLifetime(common) { column }
  }
}
