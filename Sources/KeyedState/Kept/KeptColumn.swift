import Columns
import Schemas

/// One value of any type for each key number, in pages that snapshots share.
///
/// A new key has the first value. Text lies in an arena, which is copied when most of it is no
/// key's value any more.
final class KeptColumn: @unchecked Sendable {
  let type: DataType
  private let isNullable: Bool
  /// Values of up to eight bytes, or where a text lies.
  private let words: Cells<Int64>
  private let wide: Cells<Int128>
  private let validity: Cells<UInt8>
  private var arena = ByteArena()
  private var garbage = 0
  /// Bytes of the longest text that was set.
  private(set) var longest = 0
  private let firstWord: Int64
  private let firstWide: Int128
  private let firstIsValid: UInt8
  private let firstText: [UInt8]
  /// Where a text lies that is the first value.
  private static let none: Int64 = -1

  /// `first` has one row.
  init(_ field: Field, first: Column) {
    type = field.type
    isNullable = field.fieldType.isNullable
    let value = first.withoutDictionary()
    firstIsValid = value.isValid(0) ? 1 : 0
    firstText = type.isText ? Array(value.text(0)) : []
    firstWide = type.width == 16 && !type.isText ? value.decimals[0] : 0
    firstWord = type.isText ? Self.none : Self.word(value, 0)
    longest = firstText.count
    words = Cells(firstWord)
    wide = Cells(firstWide)
    validity = Cells(firstIsValid)
  }

  private init(sharing other: KeptColumn) {
    type = other.type
    isNullable = other.isNullable
    words = other.words.share()
    wide = other.wide.share()
    validity = other.validity.share()
    arena = other.arena.share()
    longest = other.longest
    (firstWord, firstWide) = (other.firstWord, other.firstWide)
    (firstIsValid, firstText) = (other.firstIsValid, other.firstText)
  }

  /// A copy with today's values, for reading on another thread.
  func share() -> KeptColumn { KeptColumn(sharing: self) }

  private var isWide: Bool { !type.isText && type.width == 16 }

  private static func word(_ column: Column, _ row: Int) -> Int64 {
    switch column.type.width {
    case 1: Int64(column.bools[row])
    case 8: column.ints[row]
    default: 0
    }
  }

  func grow(to keys: Int) {
    if isWide { wide.grow(to: keys) } else { words.grow(to: keys) }
    if isNullable { validity.grow(to: keys) }
  }

  /// Gives a key the first value again.
  func reset(_ key: UInt32) {
    if isWide {
      wide.set(key, firstWide)
    } else {
      dropText(key)
      words.set(key, firstWord)
    }
    if isNullable { validity.set(key, firstIsValid) }
  }

  /// Sets the values of keys to those of rows. `column` is plain where it is of fixed width.
  func set(
    _ keys: UnsafePointer<UInt32>, _ rows: UnsafePointer<UInt32>, _ count: Int, _ column: Column
  ) {
    if isNullable {
      validity.own(keys, count)
      for i in 0..<count {
        validity[keys[i]] = column.validity.map { $0[Int(rows[i])] } ?? 1
      }
    }
    if type.isText {
      for i in 0..<count { setText(keys[i], column.text(Int(rows[i]))) }
      compact()
    } else if isWide {
      wide.own(keys, count)
      let values = column.decimals
      for i in 0..<count { wide[keys[i]] = values[Int(rows[i])] }
    } else if type.width == 8 {
      words.own(keys, count)
      let values = column.ints
      for i in 0..<count { words[keys[i]] = values[Int(rows[i])] }
    } else {
      words.own(keys, count)
      let values = column.bools
      for i in 0..<count { words[keys[i]] = Int64(values[Int(rows[i])]) }
    }
  }

  private func setText(_ key: UInt32, _ text: UnsafeBufferPointer<UInt8>) {
    dropText(key)
    longest = max(longest, text.count)
    words.set(key, Int64(bitPattern: arena.appendValue(text)))
  }

  private func dropText(_ key: UInt32) {
    guard type.isText, words[key] != Self.none else { return }
    garbage += 4 + arena.value(UInt64(bitPattern: words[key])).count
  }

  private func compact() {
    guard garbage > 1 << 20 && garbage > arena.byteCount / 2 else { return }
    let fresh = ByteArena()
    longest = firstText.count
    for key in 0..<UInt32(truncatingIfNeeded: words.count) where words[key] != Self.none {
      let text = arena.value(UInt64(bitPattern: words[key]))
      longest = max(longest, text.count)
      words.set(key, Int64(bitPattern: fresh.appendValue(text)))
    }
    arena = fresh
    garbage = 0
  }

  /// The values of keys, one after the other.
  func column(_ keys: UnsafePointer<UInt32>, _ count: Int) -> Column {
    if type.isText { return texts(keys, count) }
    let column = Column(fixed: type, rowCount: count, withValidity: isNullable)
    if isWide {
      for i in 0..<count { column.decimals[i] = wide[keys[i]] }
    } else if type.width == 8 {
      for i in 0..<count { column.ints[i] = words[keys[i]] }
    } else {
      for i in 0..<count { column.bools[i] = UInt8(truncatingIfNeeded: words[keys[i]]) }
    }
    if let target = column.validity {
      for i in 0..<count { target[i] = validity[keys[i]] }
    }
    return column
  }

  private func texts(_ keys: UnsafePointer<UInt32>, _ count: Int) -> Column {
    let builder = ColumnBuilder(type, capacity: count)
    firstText.withUnsafeBufferPointer { first in
      for i in 0..<count {
        let place = words[keys[i]]
        if isNullable, validity[keys[i]] == 0 {
          builder.appendNull()
        } else {
          builder.append(text: place == Self.none ? first : arena.value(UInt64(bitPattern: place)))
        }
      }
    }
    return builder.finish()
  }
}

extension KeptColumn {
  /// Takes over values of another, which get the numbers from 0 on. Of an empty column alone.
  func move(_ keys: [UInt32], of other: KeptColumn) {
    grow(to: keys.count)
    let chunk = max(1, min(Batch.rowLimit, TextLimit.batchBytes / max(other.longest, 1)))
    for start in stride(from: 0, to: keys.count, by: chunk) {
      let part = Array(keys[start..<min(start + chunk, keys.count)])
      let numbers = part.indices.map { UInt32(truncatingIfNeeded: start + $0) }
      let rows = part.indices.map { UInt32(truncatingIfNeeded: $0) }
      part.withUnsafeBufferPointer { from in
        numbers.withUnsafeBufferPointer { to in
          rows.withUnsafeBufferPointer { rows in
            guard let a = from.baseAddress, let b = to.baseAddress, let c = rows.baseAddress
            else { return }
            set(b, c, part.count, other.column(a, part.count))
          }
        }
      }
    }
  }
}
