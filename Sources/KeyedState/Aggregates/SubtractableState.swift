import Columns
import Schemas

/// One whose merges can be taken back, to the last bit: what is left is what merging the rest alone
/// would give.
protocol SubtractableState: AggregateState {
  /// Takes back what `merge` has added.
  func subtract(_ rows: GroupRows, _ partials: [Column])
}

extension CountState: SubtractableState {
  func subtract(_ rows: GroupRows, _ partials: [Column]) {
    counts.fold(rows, UnsafePointer(partials[0].ints)) { $0 &- $1 }
  }
}

extension ExactSumState: SubtractableState {
  func subtract(_ rows: GroupRows, _ partials: [Column]) {
    let present = PresentRows(rows, partials[0].validity)
    take(present.rows, partials[0].decimals)
    var next = 1
    if let carries {
      carries.fold(present.rows, UnsafePointer(partials[next].ints)) { $0 &- $1 }
      next += 1
    }
    counts?.fold(present.rows, UnsafePointer(partials[next].ints)) { $0 &- $1 }
  }
}

extension AggregateSpec {
  /// The same where partial states are added and taken back; nil where that loses something: what
  /// a maximum was before, or the last bits of a sum of floats. A group that has taken no value is
  /// known by a count, for a flag can't be taken back.
  var subtracting: AggregateSpec? {
    guard !takesBack, function == "count" || isExactSum else { return nil }
    var spec = self
    spec.takesBack = isExactSum && !isAlwaysSet
    return spec
  }

  private var isExactSum: Bool {
    guard function == "sum" || function == "avg", let type = arguments.first?.type else {
      return false
    }
    return type != .float && (type.isNumeric || type == .duration)
  }

  /// Whether its partial rows lack the count that `subtracting` asks for.
  var lacksCount: Bool { function == "sum" && isExactSum && !isAlwaysSet }
}
