import CPlatform
import Columns

extension GroupTable {
  /// What `lookUp` says of a key that the table has not.
  static var missing: UInt32 { .max }

  /// Finds the group of each row in `list`, or `missing`; null keys are missing. Changes nothing,
  /// so that many threads may look up in one table.
  func lookUp(
    _ keys: KeyBytes, _ hashes: UnsafePointer<UInt64>, _ list: RowList,
    into groups: UnsafeMutablePointer<UInt32>
  ) {
    let rows = list.rows
    let mask = slotCount &- 1
    let slots = self.slots
    let entries = self.entries.base
    let bases = arena.bases
    let prefetches = slotCount > 1 << 13
    for i in 0..<list.count {
      let row = Int(rows[i])
      let hash = hashes[row]
      if prefetches && i &+ 16 < list.count {
        let ahead = Int(truncatingIfNeeded: hashes[Int(rows[i &+ 16])])
        raudal_prefetch(slots + (ahead & mask))
      }
      groups[i] = Self.missing
      if let validity = keys.validity, validity[row] == 0 { continue }
      let start = keys.base + Int(keys.starts[row])
      let length = keys.ends[row] &- keys.starts[row]
      var at = Int(truncatingIfNeeded: hash) & mask
      while slots[at] != 0 {
        let slot = slots[at]
        if slot >> 32 == hash >> 32 {
          let group = UInt32(truncatingIfNeeded: slot) &- 1
          let entry = entries + Int(group)
          if entry.pointee.length == length
            && equalBytes(ByteArena.address(entry.pointee.reference, bases), start, Int(length))
          {
            groups[i] = group
            break
          }
        }
        at = (at &+ 1) & mask
      }
    }
  }
}

extension RowList {
  /// Takes the rows whose key has a null in any of its columns out of their groups, which stand in
  /// the order of the list: keys that are compared never match on a null.
  func hideNulls(of keys: [Column], in groups: UnsafeMutablePointer<UInt32>) {
    for key in keys {
      guard let validity = key.validity else { continue }
      for i in 0..<count where validity[Int(rows[i])] == 0 { groups[i] = GroupTable.missing }
    }
  }
}
