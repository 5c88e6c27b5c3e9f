import Columns

/// Where in the arena the wanted values of a chunk of records lie, field by field: what a scan
/// leaves behind and the column fillers read.
///
/// A field's last slot column is a dummy that takes what nobody wants, so that the scan stores
/// without a test.
final class CellSlots {
  /// Rows of a chunk at most.
  static let rowLimit = 256
  /// A value's length must leave room for its kind.
  static let longest = 1 << 28

  /// What a slot holds, in the low three bits of its size.
  enum Kind {
    static let missing: UInt32 = 0
    /// Text without escapes, its quotes left out.
    static let text: UInt32 = 1
    /// Text with escapes, its quotes left out.
    static let escaped: UInt32 = 2
    static let number: UInt32 = 3
    static let yes: UInt32 = 4
    static let no: UInt32 = 5
    static let null: UInt32 = 6
    /// An object or an array.
    static let nested: UInt32 = 7
  }

  let fieldCount: Int
  /// Positions in the arena: field × `rowLimit` + row.
  let starts: UnsafeMutablePointer<UInt32>
  /// Length × 8 + kind.
  let sizes: UnsafeMutablePointer<UInt32>
  private let memory: [Memory]

  init(fieldCount: Int) {
    self.fieldCount = fieldCount
    let count = (fieldCount + 1) * Self.rowLimit
    memory = [.allocate(count * 4), .allocate(count * 4)]
    starts = memory[0].base.bindMemory(to: UInt32.self, capacity: count)
    sizes = memory[1].base.bindMemory(to: UInt32.self, capacity: count)
    starts.initialize(repeating: 0, count: count)
    sizes.initialize(repeating: 0, count: count)
  }

  deinit { for part in memory { part.free() } }

  /// Makes every slot of the chunk missing.
  func clear() {
    sizes.update(repeating: Kind.missing, count: fieldCount * Self.rowLimit)
  }

  /// Makes the slots of one row missing.
  func clear(row: Int) {
    for field in 0..<fieldCount { sizes[field * Self.rowLimit + row] = Kind.missing }
  }
}
