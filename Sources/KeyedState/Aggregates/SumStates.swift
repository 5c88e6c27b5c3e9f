import Columns
import Schemas

/// `sum` and `avg` of ints, durations and decimals, exactly: in 128 bits, with what goes beyond
/// kept apart where the type could get there.
final class ExactSumState: RetractableState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let type: DataType
  private let sums: Cells<Int128>
  let carries: Cells<Int64>?
  /// Of an average, and where values are taken back.
  let counts: Cells<Int64>?
  /// Whether a group has taken a value; nil where all have, or the count says it.
  private let seen: Cells<UInt8>?

  init(_ spec: AggregateSpec) {
    self.spec = spec
    type = spec.arguments[0].type
    sums = Cells(0)
    carries = PartialState.carries(type) ? Cells(0) : nil
    counts = spec.function == "avg" || spec.takesBack ? Cells(0) : nil
    seen = spec.isAlwaysSet || spec.takesBack ? nil : Cells(0)
  }

  private init(sharing other: ExactSumState) {
    spec = other.spec
    type = other.type
    sums = other.sums.share()
    carries = other.carries?.share()
    counts = other.counts?.share()
    seen = other.seen?.share()
  }

  func grow(to groups: Int) {
    sums.grow(to: groups)
    carries?.grow(to: groups)
    counts?.grow(to: groups)
    seen?.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    seen?.touch(rows) { _ in 1 }
    counts?.touch(rows) { $0 &+ 1 }
    guard case .decimal = type else {
      return sums.fold(rows, UnsafePointer(input.columns[0].ints)) {
        $0 &+ Int128(truncatingIfNeeded: $1)
      }
    }
    add(rows, input.columns[0].decimals)
  }

  func retract(_ rows: GroupRows, _ input: AggregateInput) {
    counts?.touch(rows) { $0 &- 1 }
    guard case .decimal = type else {
      return sums.fold(rows, UnsafePointer(input.columns[0].ints)) {
        $0 &- Int128(truncatingIfNeeded: $1)
      }
    }
    take(rows, input.columns[0].decimals)
  }

  func take(_ rows: GroupRows, _ values: UnsafeMutablePointer<Int128>) {
    guard let carries else { return sums.fold(rows, UnsafePointer(values)) { $0 &- $1 } }
    sums.own(rows.groups, rows.count)
    carries.own(rows.groups, rows.count)
    for i in 0..<rows.count {
      let value = values[Int(rows.rows[i])]
      let (sum, overflow) = sums[rows.groups[i]].subtractingReportingOverflow(value)
      sums[rows.groups[i]] = sum
      if overflow { carries[rows.groups[i]] &+= value < 0 ? 1 : -1 }
    }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    var rows = rows
    let present = PresentRows(rows, partials[0].validity)
    rows = present.rows
    seen?.touch(rows) { _ in 1 }
    add(rows, partials[0].decimals)
    var next = 1
    if let carries {
      carries.fold(rows, UnsafePointer(partials[next].ints)) { $0 &+ $1 }
      next += 1
    }
    counts?.fold(rows, UnsafePointer(partials[next].ints)) { $0 &+ $1 }
  }

  private func add(_ rows: GroupRows, _ values: UnsafeMutablePointer<Int128>) {
    guard let carries else { return sums.fold(rows, UnsafePointer(values)) { $0 &+ $1 } }
    sums.own(rows.groups, rows.count)
    carries.own(rows.groups, rows.count)
    for i in 0..<rows.count {
      let value = values[Int(rows.rows[i])]
      let (sum, overflow) = sums[rows.groups[i]].addingReportingOverflow(value)
      sums[rows.groups[i]] = sum
      if overflow { carries[rows.groups[i]] &+= value < 0 ? -1 : 1 }
    }
  }

  func clear(_ group: UInt32) {
    sums.set(group, 0)
    carries?.set(group, 0)
    counts?.set(group, 0)
    seen?.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] {
    let fields = spec.partialFields
    var columns = [sums.column(groups, fields[0].type, validity: seen)]
    if let carries { columns.append(carries.column(groups, .int)) }
    if let counts { columns.append(counts.column(groups, .int)) }
    return columns
  }

  func result(_ groups: RowList) -> AggregateResult {
    let column = Column(
      fixed: spec.resultType, rowCount: groups.count,
      withValidity: seen != nil || spec.takesBack && !spec.isAlwaysSet)
    var failed: [Int] = []
    for i in 0..<groups.count {
      let group = groups.rows[i]
      let isSet = isSet(group)
      column.validity?[i] = isSet ? 1 : 0
      let fits = carries.map { $0[group] == 0 } ?? true
      let written = isSet ? write(group, to: column, i) : write(zeroTo: column, i)
      if isSet && !(fits && written) { failed.append(i) }
    }
    return AggregateResult(column: column, failed: failed)
  }

  private func isSet(_ group: UInt32) -> Bool {
    if spec.takesBack { return spec.isAlwaysSet || (counts?[group] ?? 0) > 0 }
    return seen.map { $0[group] == 1 } ?? true
  }

  private var isMean: Bool { spec.function == "avg" }

  private func write(zeroTo column: Column, _ row: Int) -> Bool {
    let width = spec.resultType.width
    (column.values + row * width).initializeMemory(as: UInt8.self, repeating: 0, count: width)
    return true
  }

  /// Writes a group's result; false if the result type cannot hold it.
  private func write(_ group: UInt32, to column: Column, _ row: Int) -> Bool {
    let sum = sums[group]
    let count = isMean ? counts?[group] ?? 1 : 1
    switch spec.resultType {
    case .float:
      column.floats[row] = Double(sum) / Double(max(count, 1))
      return true
    case .decimal(_, let scale):
      var value = sum
      if isMean {
        guard let mean = Self.mean(sum, count, raising: scale - sumScale) else { return false }
        value = mean
      }
      column.decimals[row] = value
      return value.magnitude < Self.limit
    default:
      let value = !isMean ? sum : Self.mean(sum, count, raising: 0) ?? .max
      column.ints[row] = Int64(truncatingIfNeeded: value)
      return Int64(exactly: value) != nil
    }
  }

  private var sumScale: Int {
    if case .decimal(_, let scale) = type { return scale }
    return 0
  }

  /// 10^38: the first number that no decimal holds.
  private static let limit = (0..<38).reduce(UInt128(1)) { power, _ in power * 10 }

  /// sum / count with `digits` more digits, rounding half away from zero; nil if it overflows.
  static func mean(_ sum: Int128, _ count: Int64, raising digits: Int) -> Int128? {
    let divisor = Int128(max(count, 1))
    let factor = (0..<max(min(digits, 18), 0)).reduce(Int128(1)) { power, _ in power * 10 }
    let (whole, rest) = sum.quotientAndRemainder(dividingBy: divisor)
    let (raised, overflow) = whole.multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    let (part, left) = (rest * factor).quotientAndRemainder(dividingBy: divisor)
    let twice = left.magnitude * 2
    let up: Int128 = twice >= divisor.magnitude ? (sum < 0 ? -1 : 1) : 0
    let (result, tooLarge) = raised.addingReportingOverflow(part + up)
    return tooLarge ? nil : result
  }
}

/// `sum` and `avg` of floats.
final class FloatSumState: AggregateState, @unchecked Sendable {
  private let spec: AggregateSpec
  private let sums: Cells<Double>
  private let counts: Cells<Int64>?
  private let seen: Cells<UInt8>?

  init(_ spec: AggregateSpec) {
    self.spec = spec
    sums = Cells(0)
    counts = spec.function == "avg" ? Cells(0) : nil
    seen = spec.isAlwaysSet ? nil : Cells(0)
  }

  private init(sharing other: FloatSumState) {
    spec = other.spec
    sums = other.sums.share()
    counts = other.counts?.share()
    seen = other.seen?.share()
  }

  func grow(to groups: Int) {
    sums.grow(to: groups)
    counts?.grow(to: groups)
    seen?.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    seen?.touch(rows) { _ in 1 }
    counts?.touch(rows) { $0 &+ 1 }
    sums.fold(rows, UnsafePointer(input.columns[0].floats)) { $0 + $1 }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    let present = PresentRows(rows, partials[0].validity)
    seen?.touch(present.rows) { _ in 1 }
    sums.fold(present.rows, UnsafePointer(partials[0].floats)) { $0 + $1 }
    counts?.fold(present.rows, UnsafePointer(partials[1].ints)) { $0 &+ $1 }
  }

  func clear(_ group: UInt32) {
    sums.set(group, 0)
    counts?.set(group, 0)
    seen?.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] {
    let sum = sums.column(groups, .float, validity: seen)
    return counts.map { [sum, $0.column(groups, .int)] } ?? [sum]
  }

  func result(_ groups: RowList) -> AggregateResult {
    let column = sums.column(groups, .float, validity: seen)
    if let counts {
      for i in 0..<groups.count {
        column.floats[i] /= Double(max(counts[groups.rows[i]], 1))
      }
    }
    return AggregateResult(column: column, failed: [])
  }

  func share() -> any AggregateState { FloatSumState(sharing: self) }
}

extension ExactSumState {
  func share() -> any AggregateState { ExactSumState(sharing: self) }
}

/// The rows of a list that a validity column leaves.
struct PresentRows: ~Copyable {
  private let groups: UnsafeMutablePointer<UInt32>?
  private let numbers: UnsafeMutablePointer<UInt32>?
  let rows: GroupRows

  init(_ rows: GroupRows, _ validity: UnsafeMutablePointer<UInt8>?) {
    guard let validity else {
      groups = nil
      numbers = nil
      self.rows = rows
      return
    }
    let groups = UnsafeMutablePointer<UInt32>.allocate(capacity: rows.count + 1)
    let numbers = UnsafeMutablePointer<UInt32>.allocate(capacity: rows.count + 1)
    var count = 0
    for i in 0..<rows.count {
      groups[count] = rows.groups[i]
      numbers[count] = rows.rows[i]
      count &+= Int(truncatingIfNeeded: validity[Int(rows.rows[i])])
    }
    self.groups = groups
    self.numbers = numbers
    self.rows = GroupRows(groups: groups, rows: numbers, count: count)
  }

  deinit {
    groups?.deallocate()
    numbers?.deallocate()
  }
}
