import Columns
import Schemas

/// Folds of 64-bit words: `min` and `max` of whatever fits one, `bool_and`, `bool_or`, `bit_and`,
/// `bit_or`, `bit_xor`.
///
/// Floats are kept as integers in the same order: −0 is 0, and NaN is the greatest.
final class WordFoldState: AggregateState, @unchecked Sendable {
  private enum Fold { case least, greatest, and, or, xor }

  private let spec: AggregateSpec
  private let type: DataType
  private let fold: Fold
  private let words: Cells<Int64>
  private let seen: Cells<UInt8>

  init(_ spec: AggregateSpec, _ type: DataType) {
    self.spec = spec
    self.type = type
    switch spec.function {
    case "min", "bool_and": (fold, words) = (.least, Cells(.max))
    case "max", "bool_or": (fold, words) = (.greatest, Cells(.min))
    case "bit_and": (fold, words) = (.and, Cells(-1))
    case "bit_or": (fold, words) = (.or, Cells(0))
    default: (fold, words) = (.xor, Cells(0))
    }
    seen = Cells(0)
  }

  private init(sharing other: WordFoldState) {
    spec = other.spec
    type = other.type
    fold = other.fold
    words = other.words.share()
    seen = other.seen.share()
  }

  func grow(to groups: Int) {
    words.grow(to: groups)
    seen.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    take(rows, input.columns[0])
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    let present = PresentRows(rows, partials[0].validity)
    take(present.rows, partials[0])
  }

  private func take(_ rows: GroupRows, _ column: Column) {
    seen.touch(rows) { _ in 1 }
    switch type {
    case .bool: combine(rows, UnsafePointer(column.bools)) { Int64(truncatingIfNeeded: $0) }
    case .float: combine(rows, UnsafePointer(column.floats)) { orderedWord($0) }
    default: combine(rows, UnsafePointer(column.ints)) { $0 }
    }
  }

  @inline(__always)
  private func combine<Input>(
    _ rows: GroupRows, _ values: UnsafePointer<Input>, _ word: (Input) -> Int64
  ) {
    switch fold {
    case .least: words.fold(rows, values) { min($0, word($1)) }
    case .greatest: words.fold(rows, values) { max($0, word($1)) }
    case .and: words.fold(rows, values) { $0 & word($1) }
    case .or: words.fold(rows, values) { $0 | word($1) }
    case .xor: words.fold(rows, values) { $0 ^ word($1) }
    }
  }

  func clear(_ group: UInt32) {
    words.set(group, fold == .least ? .max : fold == .greatest ? .min : fold == .and ? -1 : 0)
    seen.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] { [column(groups)] }

  func result(_ groups: RowList) -> AggregateResult {
    AggregateResult(column: column(groups), failed: [])
  }

  private func column(_ groups: RowList) -> Column {
    let column = Column(fixed: type, rowCount: groups.count, withValidity: !spec.isAlwaysSet)
    for i in 0..<groups.count {
      let isSet = seen[groups.rows[i]]
      let word = isSet == 1 ? words[groups.rows[i]] : 0
      column.validity?[i] = isSet
      switch type {
      case .bool: column.bools[i] = UInt8(truncatingIfNeeded: word)
      case .float: column.floats[i] = floatOfOrdered(word)
      default: column.ints[i] = word
      }
    }
    return column
  }

  func share() -> any AggregateState { WordFoldState(sharing: self) }
}

/// `min` and `max` of decimals.
final class DecimalExtremeState: AggregateState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let isLeast: Bool
  private let values: Cells<Int128>
  private let seen: Cells<UInt8>

  init(_ spec: AggregateSpec) {
    self.spec = spec
    isLeast = spec.function == "min"
    values = Cells(isLeast ? .max : .min)
    seen = Cells(0)
  }

  private init(sharing other: DecimalExtremeState) {
    spec = other.spec
    isLeast = other.isLeast
    values = other.values.share()
    seen = other.seen.share()
  }

  func grow(to groups: Int) {
    values.grow(to: groups)
    seen.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) { take(rows, input.columns[0]) }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    let present = PresentRows(rows, partials[0].validity)
    take(present.rows, partials[0])
  }

  private func take(_ rows: GroupRows, _ column: Column) {
    seen.touch(rows) { _ in 1 }
    let inputs = UnsafePointer(column.decimals)
    if isLeast {
      values.fold(rows, inputs) { min($0, $1) }
    } else {
      values.fold(rows, inputs) { max($0, $1) }
    }
  }

  func clear(_ group: UInt32) {
    values.set(group, isLeast ? .max : .min)
    seen.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] { [column(groups)] }

  func result(_ groups: RowList) -> AggregateResult {
    AggregateResult(column: column(groups), failed: [])
  }

  private func column(_ groups: RowList) -> Column {
    values.column(groups, spec.arguments[0].type, validity: spec.isAlwaysSet ? nil : seen)
  }

  func share() -> any AggregateState { DecimalExtremeState(sharing: self) }
}

/// An integer that orders as the float does; −0 is 0 and NaN the greatest.
@inline(__always)
func orderedWord(_ value: Double) -> Int64 {
  let canonical = value == 0 ? 0.0 : value.isNaN ? Double.nan : value
  let bits = Int64(bitPattern: canonical.bitPattern)
  return bits ^ ((bits &>> 63) & Int64.max)
}

/// The float that `orderedWord` made into a word.
@inline(__always)
func floatOfOrdered(_ word: Int64) -> Double {
  Double(bitPattern: UInt64(bitPattern: word ^ ((word &>> 63) & Int64.max)))
}
