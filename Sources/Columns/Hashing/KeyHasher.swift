import CPlatform
package import Schemas

/// Hashes the keys of a whole batch, for key groups, exchanges and tables.
///
/// The hash of one value is XXH3-64 of its canonical encoding:
/// - a null: the type's tag, 0;
/// - `bool`: tag, 1, a byte; `int`, `timestamp`, `date`, `duration`: tag, 1, 8 bytes; `float`: the
///   same of its bits with −0 as 0 and all NaNs as one; `decimal`: tag, 1, 16 bytes, unscaled at
///   the column's scale; all little-endian;
/// - text: its bytes alone, so that they are hashed where they lie.
///
/// A key of several columns is the XXH3-64 of its values' hashes, 8 little-endian bytes each. So a
/// dictionary's entries are hashed once, and a dictionary column gives the hashes of a plain one.
package enum KeyHasher {
  /// Stands in manifests beside hashed state.
  package static let name = "xxh3-64/1"

  /// Writes the hash of row *i*'s key to `hashes[i]`, for the rows that count; other entries stay
  /// as they are. `hashes` has room for `rowCount`. A key of no column hashes like the empty text.
  package static func hash(
    columns: [Column], rowCount: Int, selection: Selection?,
    into hashes: UnsafeMutablePointer<UInt64>
  ) {
    guard let first = columns.first else {
      hashes.update(repeating: XXH3.ofNothing, count: rowCount)
      return
    }
    if columns.count == 1 {
      return hash(column: first, rowCount: rowCount, selection: selection, into: hashes)
    }
    // One column's hashes after the other, interleaved: a row's are contiguous.
    let width = columns.count
    let single = Memory.allocate(rowCount * 8)
    let all = Memory.allocate(rowCount * 8 * width)
    defer {
      single.free()
      all.free()
    }
    let one = single.base.assumingMemoryBound(to: UInt64.self)
    let rows = all.base.assumingMemoryBound(to: UInt64.self)
    for (c, column) in columns.enumerated() {
      hash(column: column, rowCount: rowCount, selection: selection, into: one)
      eachRow(rowCount, selection) { rows[$0 &* width &+ c] = one[$0].littleEndian }
    }
    let bytes = all.base.assumingMemoryBound(to: UInt8.self)
    let stride = width * 8
    eachRow(rowCount, selection) { hashes[$0] = XXH3.hash(bytes + $0 &* stride, count: stride) }
  }

  /// The hash of a key of one text value, as `hash(columns:…)` gives it.
  package static func hash(text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let start = text.baseAddress else { return XXH3.ofNothing }
    return XXH3.hash(start, count: text.count)
  }

  @inline(__always)
  static func eachRow(_ rowCount: Int, _ selection: Selection?, _ body: (Int) -> Void) {
    if let selection {
      let rows = selection.rows
      for k in 0..<selection.count { body(Int(rows[k])) }
    } else {
      for row in 0..<rowCount { body(row) }
    }
  }
}

extension KeyHasher {
  private static func hash(
    column: Column, rowCount: Int, selection: Selection?,
    into hashes: UnsafeMutablePointer<UInt64>
  ) {
    if let dictionary = column.dictionary {
      hash(
        codes: column.codes, of: dictionary, rowCount: rowCount, selection: selection,
        into: hashes)
    } else if let offsets = column.offsets, let bytes = column.bytes {
      hash(text: bytes, offsets, rowCount: rowCount, selection: selection, into: hashes)
    } else {
      hash(fixed: column, rowCount: rowCount, selection: selection, into: hashes)
    }
    if let validity = column.validity {
      let ofNull = XXH3.hash1to3(column.type.keyTag, 0, 0, count: 2)
      eachRow(rowCount, selection) { if validity[$0] == 0 { hashes[$0] = ofNull } }
    }
  }

  /// Selected texts lie apart, so that the processor does not see the next coming by itself.
  private static func hash(
    text bytes: UnsafePointer<UInt8>, _ offsets: UnsafePointer<UInt32>, rowCount: Int,
    selection: Selection?, into hashes: UnsafeMutablePointer<UInt64>
  ) {
    if let selection {
      let rows = selection.rows
      let count = selection.count
      for k in 0..<count {
        raudal_prefetch(bytes + Int(offsets[Int(rows[min(k &+ 16, count &- 1)])]))
        let row = Int(rows[k])
        let start = Int(offsets[row])
        hashes[row] = XXH3.hash(bytes + start, count: Int(offsets[row &+ 1]) &- start)
      }
    } else {
      for row in 0..<rowCount {
        let start = Int(offsets[row])
        hashes[row] = XXH3.hash(bytes + start, count: Int(offsets[row &+ 1]) &- start)
      }
    }
  }

  private static func hash(
    codes: UnsafeMutablePointer<UInt32>, of dictionary: Column, rowCount: Int,
    selection: Selection?, into hashes: UnsafeMutablePointer<UInt64>
  ) {
    let entries = dictionary.rowCount
    let memory = Memory.allocate(entries * 8)
    defer { memory.free() }
    let ofEntry = memory.base.assumingMemoryBound(to: UInt64.self)
    hash(column: dictionary, rowCount: entries, selection: nil, into: ofEntry)
    eachRow(rowCount, selection) { hashes[$0] = ofEntry[Int(codes[$0])] }
  }

  private static func hash(
    fixed column: Column, rowCount: Int, selection: Selection?,
    into hashes: UnsafeMutablePointer<UInt64>
  ) {
    let tag = column.type.keyTag
    switch column.type {
    case .bool:
      let values = column.bools
      eachRow(rowCount, selection) {
        hashes[$0] = XXH3.hash1to3(tag, 1, values[$0], count: 3)
      }
    case .float:
      let values = column.floats
      eachRow(rowCount, selection) { hashes[$0] = hash(word: canonicalBits(values[$0]), tag) }
    case .decimal:
      hash(decimals: column.decimals, rowCount: rowCount, selection: selection, into: hashes)
    default:
      let values = column.ints
      eachRow(rowCount, selection) {
        hashes[$0] = hash(word: UInt64(bitPattern: values[$0]), tag)
      }
    }
  }

  private static func hash(
    decimals: UnsafeMutablePointer<Int128>, rowCount: Int, selection: Selection?,
    into hashes: UnsafeMutablePointer<UInt64>
  ) {
    let encoding = Memory.allocate(18)
    defer { encoding.free() }
    let bytes = encoding.base.assumingMemoryBound(to: UInt8.self)
    bytes[0] = DataType.decimal(precision: 1, scale: 0).keyTag
    bytes[1] = 1
    eachRow(rowCount, selection) {
      encoding.base.storeBytes(
        of: decimals[$0].littleEndian, toByteOffset: 2, as: Int128.self)
      hashes[$0] = XXH3.hash(bytes, count: 18)
    }
  }

  /// Of the ten bytes tag, 1, word.
  @inline(__always)
  private static func hash(word: UInt64, _ tag: UInt8) -> UInt64 {
    XXH3.hash9to16(low: UInt64(tag) | 0x100 | word << 16, high: word, count: 10)
  }

  /// −0 is 0, and there is one NaN.
  @inline(__always)
  static func canonicalBits(_ value: Double) -> UInt64 {
    if value == 0 { return 0 }
    return value.isNaN ? 0x7FF8_0000_0000_0000 : value.bitPattern
  }
}

extension DataType {
  /// The type's number in encodings of keys; never to be changed.
  package var keyTag: UInt8 {
    switch self {
    case .bool: 1
    case .int: 2
    case .float: 3
    case .decimal: 4
    case .string: 5
    case .bytes: 6
    case .timestamp: 7
    case .date: 8
    case .duration: 9
    case .json: 10
    case .list: 11
    case .map: 12
    case .structure: 13
    case .unknown: 0
    }
  }
}
