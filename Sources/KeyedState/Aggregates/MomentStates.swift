import Columns
import Schemas

/// `var_pop`, `var_samp`, `stddev_pop`, `stddev_samp`: Welford's update, merged as Chan, Golub and
/// LeVeque do.
final class MomentState: AggregateState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let counts: Cells<Int64>
  private let means: Cells<Double>
  private let squares: Cells<Double>

  init(_ spec: AggregateSpec) {
    self.spec = spec
    counts = Cells(0)
    means = Cells(0)
    squares = Cells(0)
  }

  private init(sharing other: MomentState) {
    spec = other.spec
    counts = other.counts.share()
    means = other.means.share()
    squares = other.squares.share()
  }

  func grow(to groups: Int) {
    counts.grow(to: groups)
    means.grow(to: groups)
    squares.grow(to: groups)
  }

  private func own(_ rows: GroupRows) {
    counts.own(rows.groups, rows.count)
    means.own(rows.groups, rows.count)
    squares.own(rows.groups, rows.count)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    own(rows)
    let doubles = DoubleColumn(input.columns[0], rows)
    for i in 0..<rows.count {
      let group = rows.groups[i]
      let value = doubles.values[i]
      let count = counts[group] &+ 1
      let difference = value - means[group]
      let mean = means[group] + difference / Double(count)
      counts[group] = count
      means[group] = mean
      squares[group] += difference * (value - mean)
    }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    own(rows)
    for i in 0..<rows.count {
      let row = Int(rows.rows[i])
      let group = rows.groups[i]
      let added = partials[0].ints[row]
      if added == 0 { continue }
      if counts[group] == 0 {
        // As it is, to the last bit: what was told of a group is computed again after a restore.
        counts[group] = added
        means[group] = partials[1].floats[row]
        squares[group] = partials[2].floats[row]
        continue
      }
      let total = Double(counts[group] &+ added)
      let difference = partials[1].floats[row] - means[group]
      let before = Double(counts[group])
      means[group] += difference * Double(added) / total
      squares[group] +=
        partials[2].floats[row] + difference * difference * before * Double(added) / total
      counts[group] &+= added
    }
  }

  func clear(_ group: UInt32) {
    counts.set(group, 0)
    means.set(group, 0)
    squares.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] {
    [
      counts.column(groups, .int), means.column(groups, .float), squares.column(groups, .float),
    ]
  }

  func result(_ groups: RowList) -> AggregateResult {
    let isSample = spec.function.hasSuffix("samp")
    let isRoot = spec.function.hasPrefix("stddev")
    let column = Column(fixed: .float, rowCount: groups.count, withValidity: true)
    for i in 0..<groups.count {
      let group = groups.rows[i]
      let divisor = counts[group] &- (isSample ? 1 : 0)
      let variance = max(squares[group], 0) / Double(max(divisor, 1))
      column.validity?[i] = divisor > 0 ? 1 : 0
      column.floats[i] = divisor > 0 ? (isRoot ? variance.squareRoot() : variance) : 0
    }
    return AggregateResult(column: column, failed: [])
  }

  func share() -> any AggregateState { MomentState(sharing: self) }
}

/// `corr`, `covar_pop`, `covar_samp`, over the rows where both arguments have a value.
final class CoMomentState: AggregateState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let counts: Cells<Int64>
  /// Mean of x and y, squares of x and y, and the product: as the partial state's fields.
  private let parts: [Cells<Double>]

  init(_ spec: AggregateSpec) {
    self.spec = spec
    counts = Cells(0)
    parts = (0..<5).map { _ in Cells(0) }
  }

  private init(sharing other: CoMomentState) {
    spec = other.spec
    counts = other.counts.share()
    parts = other.parts.map { $0.share() }
  }

  func grow(to groups: Int) {
    counts.grow(to: groups)
    for part in parts { part.grow(to: groups) }
  }

  private func own(_ rows: GroupRows) {
    counts.own(rows.groups, rows.count)
    for part in parts { part.own(rows.groups, rows.count) }
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    own(rows)
    let xs = DoubleColumn(input.columns[0], rows)
    let ys = DoubleColumn(input.columns[1], rows)
    let (meanX, meanY) = (parts[0], parts[1])
    let (squareX, squareY, product) = (parts[2], parts[3], parts[4])
    for i in 0..<rows.count {
      let group = rows.groups[i]
      counts[group] &+= 1
      let count = Double(counts[group])
      let differenceX = xs.values[i] - meanX[group]
      let differenceY = ys.values[i] - meanY[group]
      meanX[group] += differenceX / count
      meanY[group] += differenceY / count
      squareX[group] += differenceX * (xs.values[i] - meanX[group])
      squareY[group] += differenceY * (ys.values[i] - meanY[group])
      product[group] += differenceX * (ys.values[i] - meanY[group])
    }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    own(rows)
    for i in 0..<rows.count {
      let row = Int(rows.rows[i])
      let group = rows.groups[i]
      let added = partials[0].ints[row]
      if added == 0 { continue }
      if counts[group] == 0 {
        counts[group] = added
        for index in parts.indices { parts[index][group] = partials[index + 1].floats[row] }
        continue
      }
      let part = { (index: Int) in partials[index + 1].floats[row] }
      let total = Double(counts[group] &+ added)
      let weight = Double(counts[group]) * Double(added) / total
      let differenceX = part(0) - parts[0][group]
      let differenceY = part(1) - parts[1][group]
      parts[0][group] += differenceX * Double(added) / total
      parts[1][group] += differenceY * Double(added) / total
      parts[2][group] += part(2) + differenceX * differenceX * weight
      parts[3][group] += part(3) + differenceY * differenceY * weight
      parts[4][group] += part(4) + differenceX * differenceY * weight
      counts[group] &+= added
    }
  }

  func clear(_ group: UInt32) {
    counts.set(group, 0)
    for part in parts { part.set(group, 0) }
  }

  func partials(_ groups: RowList) -> [Column] {
    [counts.column(groups, .int)] + parts.map { $0.column(groups, .float) }
  }

  func result(_ groups: RowList) -> AggregateResult {
    let column = Column(fixed: .float, rowCount: groups.count, withValidity: true)
    for i in 0..<groups.count {
      let value = value(groups.rows[i])
      column.validity?[i] = value == nil ? 0 : 1
      column.floats[i] = value ?? 0
    }
    return AggregateResult(column: column, failed: [])
  }

  private func value(_ group: UInt32) -> Double? {
    let count = counts[group]
    let product = parts[4][group]
    switch spec.function {
    case "covar_pop": return count > 0 ? product / Double(count) : nil
    case "covar_samp": return count > 1 ? product / Double(count - 1) : nil
    default:
      let square = parts[2][group] * parts[3][group]
      return count > 1 && square > 0 ? product / square.squareRoot() : nil
    }
  }

  func share() -> any AggregateState { CoMomentState(sharing: self) }
}

/// The values of some rows as floats, one after the other.
struct DoubleColumn: ~Copyable {
  let values: UnsafeMutablePointer<Double>

  init(_ column: Column, _ rows: GroupRows) {
    values = .allocate(capacity: max(rows.count, 1))
    switch column.type {
    case .float:
      let source = column.floats
      for i in 0..<rows.count { values[i] = source[Int(rows.rows[i])] }
    case .decimal(_, let scale):
      let source = column.decimals
      let factor = (0..<scale).reduce(1.0) { power, _ in power * 10 }
      for i in 0..<rows.count { values[i] = Double(source[Int(rows.rows[i])]) / factor }
    default:
      let source = column.ints
      for i in 0..<rows.count { values[i] = Double(source[Int(rows.rows[i])]) }
    }
  }

  deinit { values.deallocate() }
}
