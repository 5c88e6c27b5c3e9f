import Columns
import Schemas

/// All values of each group: `collect`, `median`, `percentile`.
///
/// The values lie in an arena, each pointing to the one before it in its group, so that a snapshot
/// only needs today's heads. Of `collect` with a limit a group's chain is cut to its earliest
/// values whenever it is about twice as long as the limit.
final class CollectionState: AggregateState, @unchecked Sendable {
  private static let none = UInt64.max
  /// Reference to the value before, order tag, length.
  private static let headBytes = 8 + 24 + 4
  /// So many values more than twice the limit a chain has before it is cut.
  private static let slack = 16

  private let spec: AggregateSpec
  private let isOrdered: Bool
  /// Of `collect`: how many values of a group are told at most, the earliest.
  private let limit: Int?
  private let heads: Cells<UInt64>
  private let counts: Cells<Int64>
  /// Of a group that was cut the time of its last value: no later one can be among those kept.
  private let bounds: Cells<Int64>
  private var arena: ByteArena
  /// Bytes in the arena of values that were cut.
  private var garbage = 0

  init(_ spec: AggregateSpec) {
    self.spec = spec
    isOrdered = spec.function == "collect"
    limit = isOrdered ? spec.limit : nil
    heads = Cells(Self.none)
    counts = Cells(0)
    bounds = Cells(.max)
    arena = ByteArena()
  }

  private init(sharing other: CollectionState) {
    spec = other.spec
    isOrdered = other.isOrdered
    limit = other.limit
    heads = other.heads.share()
    counts = other.counts.share()
    bounds = other.bounds.share()
    arena = other.arena.share()
  }

  var valueBytes: Int { arena.byteCount }

  func grow(to groups: Int) {
    heads.grow(to: groups)
    counts.grow(to: groups)
    if limit != nil { bounds.grow(to: groups) }
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    heads.own(rows.groups, rows.count)
    counts.own(rows.groups, rows.count)
    for i in 0..<rows.count {
      let row = Int(rows.rows[i])
      add(rows.groups[i], ValueBytes.of(input.columns[0], row), input.tag(row))
    }
    compact()
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    heads.own(rows.groups, rows.count)
    counts.own(rows.groups, rows.count)
    for i in 0..<rows.count {
      let packed = PackedValues(partials[0].text(Int(rows.rows[i])), hasTags: isOrdered)
      packed.forEach { add(rows.groups[i], $0, $1) }
    }
    compact()
  }

  private func add(_ group: UInt32, _ value: UnsafeBufferPointer<UInt8>, _ tag: RowTag) {
    guard let limit else { return link(group, value, tag) }
    guard tag.time <= bounds[group] else { return }
    link(group, value, tag)
    if counts[group] >= Int64(2 * limit + Self.slack) { cut(group) }
  }

  private func link(_ group: UInt32, _ value: UnsafeBufferPointer<UInt8>, _ tag: RowTag) {
    heads[group] = Self.store(value, tag, behind: heads[group], in: arena)
    counts[group] &+= 1
  }

  /// Leaves the earliest values, in a chain of their own: a snapshot may read the old one.
  private func cut(_ group: UInt32) {
    let before = entries(group)
    garbage += before.reduce(0) { $0 + Self.headBytes + $1.value.count }
    let kept = earliest(before)
    (heads[group], counts[group]) = (Self.none, 0)
    for entry in kept { link(group, entry.value, entry.tag) }
    if let last = kept.last { bounds.set(group, last.tag.time) }
  }

  /// Copies the chains when more than half of a large arena belongs to none.
  private func compact() {
    guard garbage > 1 << 20 && garbage > arena.byteCount / 2 else { return }
    let fresh = ByteArena()
    for group in 0..<UInt32(truncatingIfNeeded: heads.count) where heads[group] != Self.none {
      var head = Self.none
      for entry in entries(group).reversed() {
        head = Self.store(entry.value, entry.tag, behind: head, in: fresh)
      }
      heads.set(group, head)
    }
    (arena, garbage) = (fresh, 0)
  }

  private static func store(
    _ value: UnsafeBufferPointer<UInt8>, _ tag: RowTag, behind head: UInt64, in arena: ByteArena
  ) -> UInt64 {
    let (reference, address) = arena.reserve(headBytes + value.count)
    let target = UnsafeMutableRawPointer(address)
    target.storeBytes(of: head, as: UInt64.self)
    target.storeBytes(of: tag.time, toByteOffset: 8, as: Int64.self)
    target.storeBytes(of: tag.lane, toByteOffset: 16, as: Int64.self)
    target.storeBytes(of: tag.place, toByteOffset: 24, as: Int64.self)
    target.storeBytes(of: UInt32(value.count), toByteOffset: 32, as: UInt32.self)
    if let start = value.baseAddress, value.count > 0 {
      (target + headBytes).copyMemory(from: start, byteCount: value.count)
    }
    return reference
  }

  func clear(_ group: UInt32) {
    heads.set(group, Self.none)
    counts.set(group, 0)
    if limit != nil { bounds.set(group, .max) }
  }

  private struct Entry {
    var tag: RowTag
    var value: UnsafeBufferPointer<UInt8>
  }

  private func entries(_ group: UInt32) -> [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(Int(counts[group]))
    var at = heads[group]
    while at != Self.none {
      let start = UnsafeRawPointer(arena.address(at))
      let length = Int(start.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
      let value = (start + Self.headBytes).assumingMemoryBound(to: UInt8.self)
      let tag = RowTag(
        time: start.loadUnaligned(fromByteOffset: 8, as: Int64.self),
        lane: start.loadUnaligned(fromByteOffset: 16, as: Int64.self),
        place: start.loadUnaligned(fromByteOffset: 24, as: Int64.self))
      entries.append(Entry(tag: tag, value: UnsafeBufferPointer(start: value, count: length)))
      at = start.loadUnaligned(as: UInt64.self)
    }
    return entries
  }

  /// In order, and no more than the limit.
  private func earliest(_ entries: [Entry]) -> [Entry] {
    let type = spec.arguments[0].type
    let sorted = entries.sorted { a, b in
      a.tag != b.tag ? a.tag < b.tag : ValueBytes.compare(a.value, b.value, type) < 0
    }
    return Array(sorted.prefix(limit ?? .max))
  }

  func partials(_ groups: RowList) -> [Column] {
    let writer = PackedWriter()
    let builder = ColumnBuilder(.bytes, capacity: groups.count)
    for i in 0..<groups.count {
      writer.removeAll()
      let all = entries(groups.rows[i])
      let told = all.count > limit ?? .max ? earliest(all) : all.reversed()
      for entry in told {
        writer.append(entry.value, tag: isOrdered ? entry.tag : nil)
      }
      builder.append(text: writer.bytes)
    }
    return [builder.finish()]
  }

  func result(_ groups: RowList) -> AggregateResult {
    let type = spec.arguments[0].type
    let builder = ColumnBuilder(spec.resultType, capacity: groups.count)
    let list = ByteBuffer()
    var failed: [Int] = []
    for i in 0..<groups.count {
      var entries = entries(groups.rows[i])
      if isOrdered {
        entries = earliest(entries)
        list.removeAll()
        let size = entries.reduce(0) { $0 + $1.value.count + type.slotWidth }
        if size > TextLimit.batchBytes {
          failed.append(i)
          entries = []
        }
        NestedWriter.list(entries.map(\.value), of: type, to: list)
        builder.append(text: list.bytes)
      } else {
        let percentile = Percentile(share: spec.share, from: type, to: spec.resultType)
        entries.sort { ValueBytes.compare($0.value, $1.value, type) < 0 }
        if !percentile.append(entries.map(\.value), to: builder) { failed.append(i) }
      }
    }
    return AggregateResult(column: builder.finish(), failed: failed)
  }

  func share() -> any AggregateState { CollectionState(sharing: self) }
}

/// An exact percentile of sorted values: between two neighbours where the result type allows it (as
/// SQL's `percentile_cont`), else the first value that the share does not exceed
/// (`percentile_disc`).
struct Percentile {
  let share: Double
  let from: DataType
  let to: DataType

  init(share: Double, from: DataType, to: DataType) {
    self.share = min(max(share, 0), 1)
    self.from = from
    self.to = to
  }

  /// Appends the percentile, or null if there is no value; false if the type cannot hold it.
  func append(_ sorted: [UnsafeBufferPointer<UInt8>], to builder: ColumnBuilder) -> Bool {
    append(places(of: sorted.count).map { sorted[$0] }, of: sorted.count, to: builder)
  }

  /// Where the values stand in order that it is made of.
  func places(of count: Int) -> [Int] {
    guard count > 0 else { return [] }
    switch to {
    case .float, .decimal:
      let lower = min(Int(share * Double(count - 1)), count - 1)
      return [lower, min(lower + 1, count - 1)]
    default: return [max(Int((share * Double(count)).rounded(.up)), 1) - 1]
    }
  }

  /// The same of the values at those places, of so many.
  func append(
    _ values: [UnsafeBufferPointer<UInt8>], of count: Int, to builder: ColumnBuilder
  ) -> Bool {
    guard let first = values.first, let last = values.last else {
      builder.appendNull()
      return true
    }
    let place = share * Double(count - 1)
    let rest = place - Double(min(Int(place), count - 1))
    switch to {
    case .float:
      let low = double(first)
      builder.append(float: rest == 0 ? low : low + (double(last) - low) * rest)
    case .decimal(_, let scale): return append(first, last, rest, scale, builder)
    default: ValueBytes.append(first, to: builder)
    }
    return true
  }

  /// Between two decimals, with the share's rest taken to nine digits.
  private func append(
    _ low: UnsafeBufferPointer<UInt8>, _ high: UnsafeBufferPointer<UInt8>, _ rest: Double,
    _ scale: Int, _ builder: ColumnBuilder
  ) -> Bool {
    let unit: Int128 = 1_000_000_000
    let parts = Int128((rest * 1e9).rounded())
    let from = decimal(low)
    let (span, first) = decimal(high).subtractingReportingOverflow(from)
    let (product, second) = span.multipliedReportingOverflow(by: parts)
    let (base, third) = from.multipliedReportingOverflow(by: unit)
    let (sum, fourth) = base.addingReportingOverflow(product)
    let fits = !(first || second || third || fourth)
    // Values too large for the product are taken as they are: the lower neighbour.
    let exact =
      fits
      ? ExactSumState.mean(sum, Int64(unit), raising: scale - fromScale)
      : ExactSumState.mean(from, 1, raising: scale - fromScale)
    builder.append(decimal: exact ?? 0)
    return exact != nil
  }

  private var fromScale: Int {
    if case .decimal(_, let scale) = from { return scale }
    return 0
  }

  private func decimal(_ value: UnsafeBufferPointer<UInt8>) -> Int128 {
    guard let start = value.baseAddress else { return 0 }
    let raw = UnsafeRawPointer(start)
    if case .decimal = from { return raw.loadUnaligned(as: Int128.self) }
    return Int128(raw.loadUnaligned(as: Int64.self))
  }

  private func double(_ value: UnsafeBufferPointer<UInt8>) -> Double {
    guard let start = value.baseAddress else { return 0 }
    if from == .float { return UnsafeRawPointer(start).loadUnaligned(as: Double.self) }
    let factor = (0..<fromScale).reduce(1.0) { power, _ in power * 10 }
    return Double(decimal(value)) / factor
  }
}
