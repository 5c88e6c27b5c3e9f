import Columns
import Schemas

/// Sums, means, variances and covariances of floats where values are taken back: each is computed
/// of exact sums of the values and their products, so that what is left is the result of the values
/// that are left, whatever came and went.
final class ExactMomentState: RetractableState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let terms: [Term]
  private let counts: Cells<Int64>
  private let sums: [ExactSums]

  /// What is summed.
  enum Term: String { case x, y, xx, yy, xy }

  init?(_ spec: AggregateSpec) {
    guard let terms = Self.terms(spec.function) else { return nil }
    self.spec = spec
    self.terms = terms
    counts = Cells(0)
    sums = terms.map { ExactSums(ofProducts: $0.rawValue.count == 2) }
  }

  private init(sharing other: ExactMomentState) {
    spec = other.spec
    terms = other.terms
    counts = other.counts.share()
    sums = other.sums.map { $0.share() }
  }

  static func terms(_ function: String) -> [Term]? {
    switch function {
    case "sum", "avg": [.x]
    case "var_pop", "var_samp", "stddev_pop", "stddev_samp": [.x, .xx]
    case "covar_pop", "covar_samp": [.x, .y, .xy]
    case "corr": [.x, .y, .xx, .yy, .xy]
    default: nil
    }
  }

  /// The columns of its partial state.
  static func fields(_ function: String) -> [Field]? {
    terms(function).map { terms in
      [Field("count", .int)] + terms.map { Field($0.rawValue, .bytes) }
    }
  }

  var valueBytes: Int { sums.reduce(0) { $0 + $1.byteCount } }

  func grow(to groups: Int) {
    counts.grow(to: groups)
    for sum in sums { sum.grow(to: groups) }
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) { add(1, rows, input) }

  func retract(_ rows: GroupRows, _ input: AggregateInput) { add(-1, rows, input) }

  private func add(_ step: Int64, _ rows: GroupRows, _ input: AggregateInput) {
    counts.touch(rows) { $0 &+ step }
    let xs = DoubleColumn(input.columns[0], rows)
    let ys = DoubleColumn(input.columns[input.columns.count - 1], rows)
    for (term, sum) in zip(terms, sums) {
      sum.own(rows.groups, rows.count)
      for i in 0..<rows.count {
        let (group, x, y) = (rows.groups[i], xs.values[i], ys.values[i])
        switch term {
        case .x: sum.add(x, step, to: group)
        case .y: sum.add(y, step, to: group)
        case .xx: sum.add(x, x, step, to: group)
        case .yy: sum.add(y, y, step, to: group)
        case .xy: sum.add(x, y, step, to: group)
        }
      }
    }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    counts.fold(rows, UnsafePointer(partials[0].ints)) { $0 &+ $1 }
    for (sum, column) in zip(sums, partials.dropFirst()) {
      sum.own(rows.groups, rows.count)
      for i in 0..<rows.count {
        sum.merge(column.text(Int(rows.rows[i])), to: rows.groups[i])
      }
    }
  }

  func clear(_ group: UInt32) {
    counts.set(group, 0)
    for sum in sums { sum.clear(group) }
  }

  func partials(_ groups: RowList) -> [Column] {
    [counts.column(groups, .int)] + sums.map { $0.column(groups) }
  }

  func result(_ groups: RowList) -> AggregateResult {
    let column = Column(fixed: .float, rowCount: groups.count, withValidity: mayBeNull)
    for i in 0..<groups.count {
      let value = value(groups.rows[i])
      column.validity?[i] = value == nil ? 0 : 1
      column.floats[i] = value ?? 0
    }
    return AggregateResult(column: column, failed: [])
  }

  private var mayBeNull: Bool {
    switch spec.function {
    case "sum", "avg", "var_pop", "stddev_pop", "covar_pop": !spec.isAlwaysSet
    default: true
    }
  }

  func share() -> any AggregateState { ExactMomentState(sharing: self) }
}

extension ExactMomentState {
  private func value(_ group: UInt32) -> Double? {
    let count = counts[group]
    guard count > 0 else { return nil }
    switch spec.function {
    case "sum": return sums[0].value(group)
    case "avg": return sums[0].value(group) / Double(count)
    case "corr": return correlation(group, count)
    default: break
    }
    let isSample = spec.function.hasSuffix("samp")
    guard count > (isSample ? 1 : 0) else { return nil }
    if sums.contains(where: { $0.special(group) != nil }) { return .nan }
    let isCovariance = spec.function.hasPrefix("covar")
    let (significand, exponent) =
      isCovariance
      ? moment(group, count, sums[2], sums[0], sums[1]).parts
      : moment(group, count, sums[1], sums[0], sums[0]).parts
    let divisor = Double(count) * Double(count - (isSample ? 1 : 0))
    let value = Self.scaled(significand / divisor, exponent)
    return spec.function.hasPrefix("stddev") ? max(value, 0).squareRoot() : value
  }

  /// n Σab − Σa Σb.
  private func moment(
    _ group: UInt32, _ count: Int64, _ products: ExactSums, _ a: ExactSums, _ b: ExactSums
  ) -> ExactNumber {
    products.number(group).times(count).minus(a.number(group).times(b.number(group)))
  }

  private func correlation(_ group: UInt32, _ count: Int64) -> Double? {
    guard count > 1, !sums.contains(where: { $0.special(group) != nil }) else { return nil }
    let x = moment(group, count, sums[2], sums[0], sums[0])
    let y = moment(group, count, sums[3], sums[1], sums[1])
    guard !x.isZero, !y.isZero, !x.isNegative, !y.isNegative else { return nil }
    let product = moment(group, count, sums[4], sums[0], sums[1]).parts
    var square = x.times(y).parts
    if square.exponent & 1 == 1 {
      square.significand *= 2
      square.exponent -= 1
    }
    let value = Self.scaled(
      product.significand / square.significand.squareRoot(),
      product.exponent - square.exponent / 2)
    return min(max(value, -1), 1)
  }

  private static func scaled(_ significand: Double, _ exponent: Int) -> Double {
    guard significand != 0 else { return 0 }
    return Double(
      sign: significand < 0 ? .minus : .plus, exponent: exponent,
      significand: significand.magnitude)
  }
}
