import Columns
import Schemas

/// `count_distinct`: one table of (group, value) for the whole pane, and a chain of members for
/// each group.
final class DistinctState: AggregateState, @unchecked Sendable {
  private static let end = UInt32.max
  private static let unlinked = UInt32.max - 1

  private let spec: AggregateSpec
  private let isFloat: Bool
  private let members: GroupTable
  /// The member of the same group that came before; `unlinked` after `clear`.
  private let previous: Cells<UInt32>
  private let heads: Cells<UInt32>
  private let counts: Cells<Int64>
  private lazy var work = Work()

  /// Working memory, made when rows come: a snapshot's copy needs none.
  private final class Work {
    let keys = KeyScratch()
    let identity = IdentityRows()
    var hashes = Scratch<UInt64>()
    var found = Scratch<UInt32>()
  }

  init(_ spec: AggregateSpec) {
    self.spec = spec
    isFloat = spec.arguments.first?.type == .float
    members = GroupTable()
    previous = Cells(Self.unlinked)
    heads = Cells(Self.end)
    counts = Cells(0)
  }

  private init(sharing other: DistinctState) {
    spec = other.spec
    isFloat = other.isFloat
    members = other.members.share()
    previous = other.previous.share()
    heads = other.heads.share()
    counts = other.counts.share()
  }

  var valueBytes: Int { members.arena.byteCount }

  func grow(to groups: Int) {
    heads.grow(to: groups)
    counts.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    let column = input.columns[0]
    var total = 0
    for i in 0..<rows.count {
      total &+= 4 &+ ValueBytes.of(column, Int(rows.rows[i])).count
    }
    let keys = Keys(work.keys, rows.count, total, work.hashes.reserve(rows.count))
    for i in 0..<rows.count {
      keys.add(i, rows.groups[i], ValueBytes.of(column, Int(rows.rows[i])), isFloat: isFloat)
    }
    link(keys, rows.groups, rows.count)
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    for i in 0..<rows.count {
      PackedValues(partials[0].text(Int(rows.rows[i]))).forEach { value, _ in
        let keys = Keys(work.keys, 1, value.count + 4, work.hashes.reserve(1))
        keys.add(0, rows.groups[i], value, isFloat: isFloat)
        link(keys, rows.groups + i, 1)
      }
    }
  }

  /// Encoded (group, value) pairs and their hashes.
  private struct Keys {
    let bytes: UnsafeMutablePointer<UInt8>
    let starts: UnsafeMutablePointer<UInt32>
    let ends: UnsafeMutablePointer<UInt32>
    let hashes: UnsafeMutablePointer<UInt64>

    init(
      _ scratch: KeyScratch, _ count: Int, _ byteCount: Int,
      _ hashes: UnsafeMutablePointer<UInt64>
    ) {
      bytes = scratch.bytes.reserve(byteCount + Memory.slack)
      starts = scratch.starts.reserve(count + 1)
      ends = scratch.ends.reserve(count + 1)
      self.hashes = hashes
    }

    func add(_ i: Int, _ group: UInt32, _ value: UnsafeBufferPointer<UInt8>, isFloat: Bool) {
      let start = i == 0 ? 0 : ends[i - 1]
      let target = UnsafeMutableRawPointer(bytes + Int(start))
      target.storeBytes(of: group, as: UInt32.self)
      if let source = value.baseAddress, value.count > 0 {
        (target + 4).copyMemory(from: source, byteCount: value.count)
      }
      if isFloat {
        let word = (target + 4).loadUnaligned(as: Double.self)
        (target + 4).storeBytes(of: floatOfOrdered(orderedWord(word)), as: Double.self)
      }
      starts[i] = start
      ends[i] = start &+ UInt32(truncatingIfNeeded: 4 + value.count)
      hashes[i] = XXH3.hash(bytes + Int(start), count: 4 + value.count)
    }
  }

  private func link(_ keys: Keys, _ groups: UnsafePointer<UInt32>, _ count: Int) {
    let ids = work.found.reserve(count)
    members.find(
      KeyBytes(
        base: UnsafePointer(keys.bytes), starts: UnsafePointer(keys.starts),
        ends: UnsafePointer(keys.ends), validity: nil),
      UnsafePointer(keys.hashes), RowList(rows: work.identity.first(count), count: count),
      into: ids)
    previous.grow(to: members.count)
    previous.own(UnsafePointer(ids), count)
    heads.own(groups, count)
    counts.own(groups, count)
    for i in 0..<count where previous[ids[i]] == Self.unlinked {
      let group = groups[i]
      previous[ids[i]] = heads[group]
      heads[group] = ids[i]
      counts[group] &+= 1
    }
  }

  func clear(_ group: UInt32) {
    var member = heads[group]
    while member != Self.end {
      let next = previous[member]
      previous.set(member, Self.unlinked)
      member = next
    }
    heads.set(group, Self.end)
    counts.set(group, 0)
  }

  func partials(_ groups: RowList) -> [Column] {
    let writer = PackedWriter()
    let builder = ColumnBuilder(.bytes, capacity: groups.count)
    for i in 0..<groups.count {
      writer.removeAll()
      var member = heads[groups.rows[i]]
      while member != Self.end {
        let (start, length) = members.key(member)
        let value = start.map { UnsafeBufferPointer(start: $0 + 4, count: length - 4) }
        writer.append(value ?? UnsafeBufferPointer(start: nil, count: 0), tag: nil)
        member = previous[member]
      }
      builder.append(text: writer.bytes)
    }
    return [builder.finish()]
  }

  func result(_ groups: RowList) -> AggregateResult {
    AggregateResult(column: counts.column(groups, .int), failed: [])
  }

  func share() -> any AggregateState { DistinctState(sharing: self) }
}
