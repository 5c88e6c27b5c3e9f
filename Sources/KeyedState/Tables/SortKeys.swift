import Columns
import Glibc
import Schemas

/// Turns columns into bytes that are in order where the columns' values are, one column deciding
/// after the other.
///
/// A null is less than every value, floats are in the one order of keys, texts and nested values in
/// that of their bytes. A column that descends has all its bits turned. No key is the beginning of
/// another, so that keys may be compared part by part.
struct SortKeys {
  struct Part {
    /// Of the batch.
    var column: Int
    var isDescending: Bool
  }

  let parts: [Part]

  /// The keys of the rows in `list`; they live in `scratch`. O(rows × columns).
  func bytes(of batch: Batch, _ list: RowList, scratch: KeyScratch) -> KeyBytes {
    let columns = parts.map { batch.columns[$0.column] }
    // In texts a zero becomes two bytes, and two end them.
    let (keys, base, ends) = scratch.lay(columns, list, rowCount: batch.rowCount) {
      3 &+ 2 &* $0
    }
    for (part, column) in zip(parts, columns) {
      write(column, part.isDescending, list, base, ends)
    }
    return keys
  }

  private func write(
    _ column: Column, _ isDescending: Bool, _ list: RowList, _ base: UnsafeMutablePointer<UInt8>,
    _ ends: UnsafeMutablePointer<UInt32>
  ) {
    let type = column.type
    let flip: UInt8 = isDescending ? 0xFF : 0
    let source = column.dictionary ?? column
    let codes = column.isDictionary ? column.codes : nil
    let (validity, texts, isText) = (column.validity, TextPlaces(column), type.isText)
    for i in 0..<list.count {
      let row = Int(list.rows[i])
      let target = base + Int(ends[row])
      if let validity, validity[row] == 0 {
        target[0] = flip
        ends[row] &+= 1
        continue
      }
      target[0] = 1 ^ flip
      var width = 1 + type.width
      if isText {
        width = 1 + Self.write(texts[row], target + 1, flip)
      } else {
        let at = codes.map { Int($0[row]) } ?? row
        Self.write(source, at, type, UnsafeMutableRawPointer(target + 1), flip)
      }
      ends[row] &+= UInt32(truncatingIfNeeded: width)
    }
  }

  @inline(__always)
  private static func write(
    _ column: Column, _ row: Int, _ type: DataType, _ target: UnsafeMutableRawPointer,
    _ flip: UInt8
  ) {
    switch type {
    case .bool: target.storeBytes(of: column.bools[row] ^ flip, as: UInt8.self)
    case .decimal:
      let word = UInt128(bitPattern: column.decimals[row]) ^ (1 << 127)
      target.storeBytes(of: (flip == 0 ? word : ~word).bigEndian, as: UInt128.self)
    default:
      let value = type == .float ? orderedWord(column.floats[row]) : column.ints[row]
      let word = UInt64(bitPattern: value) ^ (1 << 63)
      target.storeBytes(of: (flip == 0 ? word : ~word).bigEndian, as: UInt64.self)
    }
  }

  /// How many bytes it wrote.
  private static func write(
    _ text: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ flip: UInt8
  ) -> Int {
    var end = 0
    if let start = text.baseAddress, memchr(start, 0, text.count) == nil {
      end = text.count
      for place in 0..<end { target[place] = start[place] ^ flip }
    } else {
      for byte in text {
        target[end] = byte ^ flip
        end &+= 1
        if byte == 0 {
          target[end] = 0xFF ^ flip
          end &+= 1
        }
      }
    }
    target[end] = flip
    target[end &+ 1] = flip
    return end &+ 2
  }
}

/// Whether some bytes are before others (negative), behind them (positive) or the same.
@inline(__always)
func compareBytes(
  _ a: UnsafePointer<UInt8>, _ n: Int, _ b: UnsafePointer<UInt8>, _ m: Int
) -> Int {
  let order = memcmp(a, b, min(n, m))
  return order != 0 ? Int(order) : n - m
}

extension KeyBytes {
  /// A row's bytes.
  @inline(__always)
  subscript(row: UInt32) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: base + Int(starts[Int(row)]), count: Int(ends[Int(row)] &- starts[Int(row)]))
  }
}

extension GroupTable {
  /// The order of results: by the hashes of their keys, then the keys' bytes.
  func precedes(_ a: UInt32, _ b: UInt32) -> Bool { order(a, b) < 0 }

  func order(_ a: UInt32, _ b: UInt32) -> Int {
    let (x, y) = (hash(a), hash(b))
    if x != y { return x < y ? -1 : 1 }
    let ((p, n), (q, m)) = (key(a), key(b))
    guard let p, let q else { return p == nil ? (q == nil ? 0 : -1) : 1 }
    return compareBytes(p, n, q, m)
  }
}
