import Columns
import Schemas

/// An aggregate that reads its result off the set of all values: `min`, `max`, `median`,
/// `percentile`, `count_distinct`, `first`, `last`, `any`, `collect`, `arg_min`, `arg_max`, where
/// values are taken back.
///
/// Aggregates of the same values share one set, which one of them keeps. The set is told in
/// snapshots by itself, so the state has no parts.
final class ValueSetState: RetractableState, @unchecked Sendable {
  private let spec: AggregateSpec
  let layout: ValueLayout
  /// Nil in a snapshot's copy, which has nothing to tell.
  private(set) var set: ValueSet?
  /// Whether it is the one that keeps the set.
  private(set) var keepsSet = true

  init?(_ spec: AggregateSpec) {
    guard let layout = ValueLayout(spec) else { return nil }
    self.spec = spec
    self.layout = layout
    set = ValueSet(Self.needsOrder(spec) ? .ordered : .none)
  }

  private init(sharing other: ValueSetState) {
    spec = other.spec
    layout = other.layout
  }

  private static func needsOrder(_ spec: AggregateSpec) -> Bool {
    spec.function != "count_distinct"
  }

  /// Reads another aggregate's set from now on.
  func share(_ other: ValueSet) {
    set = other
    keepsSet = false
    if Self.needsOrder(spec) { other.keepOrder() }
  }

  var valueBytes: Int { keepsSet ? set?.byteCount ?? 0 : 0 }

  func grow(to groups: Int) { if keepsSet { set?.grow(to: groups) } }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    take(rows, input, back: false)
  }

  func retract(_ rows: GroupRows, _ input: AggregateInput) {
    take(rows, input, back: true)
  }

  private func take(_ rows: GroupRows, _ input: AggregateInput, back: Bool) {
    guard keepsSet else { return }
    set?.take(rows, back: back) { row in
      layout.mostBytes(input, row)
    } write: { row, target in
      layout.write(input, row, to: target)
    }
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {}

  /// A restored row of the group says nothing of its values, which have rows of their own.
  func clear(_ group: UInt32) {}

  func partials(_ groups: RowList) -> [Column] { [] }

  func share() -> any AggregateState { ValueSetState(sharing: self) }

  func result(_ groups: RowList) -> AggregateResult {
    let builder = ColumnBuilder(spec.resultType, capacity: groups.count)
    guard let set else { return AggregateResult(column: builder.finish(), failed: []) }
    var failed: [Int] = []
    let reader = SetReader(spec, layout, set)
    for i in 0..<groups.count where !reader.append(groups.rows[i], to: builder) {
      failed.append(i)
    }
    return AggregateResult(column: builder.finish(), failed: failed)
  }
}

/// Results out of a set.
private struct SetReader {
  private let spec: AggregateSpec
  private let layout: ValueLayout
  private let set: ValueSet
  private let list = ByteBuffer()

  init(_ spec: AggregateSpec, _ layout: ValueLayout, _ set: ValueSet) {
    self.spec = spec
    self.layout = layout
    self.set = set
  }

  /// False where the result type cannot hold the value.
  func append(_ group: UInt32, to builder: ColumnBuilder) -> Bool {
    let root = set.root(group)
    switch spec.function {
    case "count_distinct": builder.append(int: set.distinct(group))
    case "collect": return collect(root, to: builder)
    case "median", "percentile": return percentile(root, to: builder)
    case "max", "last": show(set.order.last(root), to: builder)
    case "arg_max":
      let last = set.order.last(root)
      guard last != ValueOrder.none else { return builder.appendNull() == () }
      let length = layout.orderBytes(set.bytes(last))
      show(set.firstBeside(last, of: group, byteCount: length), to: builder)
    default: show(set.order.first(root), to: builder)
    }
    return true
  }

  private func show(_ member: UInt32, to builder: ColumnBuilder) {
    guard member != ValueOrder.none else { return builder.appendNull() }
    layout.append(set.bytes(member), to: builder)
  }

  private func percentile(_ root: UInt32, to builder: ColumnBuilder) -> Bool {
    let type = layout.value
    let percentile = Percentile(share: spec.share, from: type, to: spec.resultType)
    let count = Int(set.order.weight(root))
    let places = percentile.places(of: count)
    let values = ColumnBuilder(type, capacity: 2)
    for place in places { show(set.order.member(at: Int64(place), under: root), to: values) }
    let column = values.finish()
    return percentile.append(
      places.indices.map { ValueBytes.of(column, $0) }, of: count, to: builder)
  }

  private func collect(_ root: UInt32, to builder: ColumnBuilder) -> Bool {
    let type = layout.value
    let count = min(Int(set.order.weight(root)), spec.limit ?? .max)
    let values = ColumnBuilder(type, capacity: max(count, 1))
    var (size, taken) = (0, 0)
    set.order.forEach(under: root) { member, times in
      let bytes = layout.valueBytes(set.bytes(member)).count + type.slotWidth
      for _ in 0..<times where size <= TextLimit.batchBytes && taken < count {
        (size, taken) = (size + bytes, taken + 1)
        show(member, to: values)
      }
      return size <= TextLimit.batchBytes && taken < count
    }
    let isTooLarge = size > TextLimit.batchBytes
    let column = values.finish()
    list.removeAll()
    let shown = isTooLarge ? 0 : count
    NestedWriter.list((0..<shown).map { ValueBytes.of(column, $0) }, of: type, to: list)
    builder.append(text: list.bytes)
    return !isTooLarge
  }
}
