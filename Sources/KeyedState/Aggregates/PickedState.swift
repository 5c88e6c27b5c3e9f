import Columns
import Schemas

/// One value picked of each group: `first`, `last`, `any` (the first), `arg_min`, `arg_max`, and
/// `min` and `max` of text.
///
/// The pick depends on values and order tags alone, never on the order in which rows come.
final class PickedState: AggregateState, @unchecked Sendable {
  private static let none = UInt64.max

  private let spec: AggregateSpec
  /// Which way the deciding value goes: -1 the least wins, 1 the greatest, 0 only the tag counts.
  private let direction: Int
  private let lastTagWins: Bool
  private let hasTag: Bool
  /// Of `arg_min` and `arg_max`: the deciding value is not the picked one.
  private let hasOrder: Bool
  private let values: Cells<UInt64>
  private let orders: Cells<UInt64>
  private let times: Cells<Int64>
  private let lanes: Cells<Int64>
  private let places: Cells<Int64>
  private var arena: ByteArena
  /// Bytes in the arena that no cell points to any more.
  private var garbage = 0

  init(_ spec: AggregateSpec) {
    self.spec = spec
    switch spec.function {
    case "min", "arg_min": direction = -1
    case "max", "arg_max": direction = 1
    default: direction = 0
    }
    lastTagWins = spec.function == "last"
    hasTag = spec.function != "min" && spec.function != "max"
    hasOrder = spec.function.hasPrefix("arg_")
    values = Cells(Self.none)
    orders = Cells(Self.none)
    times = Cells(0)
    lanes = Cells(0)
    places = Cells(0)
    arena = ByteArena()
  }

  private init(sharing other: PickedState) {
    spec = other.spec
    direction = other.direction
    lastTagWins = other.lastTagWins
    hasTag = other.hasTag
    hasOrder = other.hasOrder
    values = other.values.share()
    orders = other.orders.share()
    times = other.times.share()
    lanes = other.lanes.share()
    places = other.places.share()
    arena = other.arena.share()
  }

  var valueBytes: Int { arena.byteCount }

  func grow(to groups: Int) {
    values.grow(to: groups)
    if hasOrder { orders.grow(to: groups) }
    guard hasTag else { return }
    times.grow(to: groups)
    lanes.grow(to: groups)
    places.grow(to: groups)
  }

  func update(_ rows: GroupRows, _ input: AggregateInput) {
    for i in 0..<rows.count {
      let row = Int(rows.rows[i])
      let order = hasOrder ? ValueBytes.of(input.columns[1], row) : nil
      take(rows.groups[i], ValueBytes.of(input.columns[0], row), order, input.tag(row))
    }
    compact()
  }

  func merge(_ rows: GroupRows, _ partials: [Column]) {
    let present = PresentRows(rows, partials[0].validity)
    let first = hasOrder ? 2 : 1
    for i in 0..<present.rows.count {
      let row = Int(present.rows.rows[i])
      var tag = RowTag(time: 0, lane: 0, place: 0)
      if hasTag {
        tag = RowTag(
          time: partials[first].ints[row], lane: partials[first + 1].ints[row],
          place: partials[first + 2].ints[row])
      }
      let order = hasOrder ? ValueBytes.of(partials[1], row) : nil
      take(present.rows.groups[i], ValueBytes.of(partials[0], row), order, tag)
    }
    compact()
  }

  private func take(
    _ group: UInt32, _ value: UnsafeBufferPointer<UInt8>, _ order: UnsafeBufferPointer<UInt8>?,
    _ tag: RowTag
  ) {
    let old = values[group]
    if old != Self.none {
      guard wins(group, value, order, tag) else { return }
      garbage += 4 + arena.value(old).count
      if hasOrder { garbage += 4 + arena.value(orders[group]).count }
    }
    values.set(group, arena.appendValue(value))
    if let order { orders.set(group, arena.appendValue(order)) }
    guard hasTag else { return }
    times.set(group, tag.time)
    lanes.set(group, tag.lane)
    places.set(group, tag.place)
  }

  private func wins(
    _ group: UInt32, _ value: UnsafeBufferPointer<UInt8>, _ order: UnsafeBufferPointer<UInt8>?,
    _ tag: RowTag
  ) -> Bool {
    if direction != 0 {
      let deciding = order ?? value
      let held = arena.value(hasOrder ? orders[group] : values[group])
      let type = spec.arguments[hasOrder ? 1 : 0].type
      let comparison = ValueBytes.compare(deciding, held, type) * direction
      if comparison != 0 || !hasTag { return comparison > 0 }
    }
    let held = RowTag(time: times[group], lane: lanes[group], place: places[group])
    return lastTagWins ? held < tag : tag < held
  }

  /// Copies what is still pointed to when more than half of a large arena is not.
  private func compact() {
    guard garbage > 1 << 20 && garbage > arena.byteCount / 2 else { return }
    let fresh = ByteArena()
    for group in 0..<UInt32(truncatingIfNeeded: values.count) where values[group] != Self.none {
      values.set(group, fresh.appendValue(arena.value(values[group])))
      if hasOrder { orders.set(group, fresh.appendValue(arena.value(orders[group]))) }
    }
    arena = fresh
    garbage = 0
  }

  func clear(_ group: UInt32) { values.set(group, Self.none) }

  func partials(_ groups: RowList) -> [Column] {
    let value = column(values, groups, spec.arguments[0].type)
    guard hasTag else { return [value] }
    let tags = [
      times.column(groups, .timestamp), lanes.column(groups, .int), places.column(groups, .int),
    ]
    guard hasOrder else { return [value] + tags }
    return [value, column(orders, groups, spec.arguments[1].type)] + tags
  }

  func result(_ groups: RowList) -> AggregateResult {
    AggregateResult(column: column(values, groups, spec.arguments[0].type), failed: [])
  }

  private func column(_ cells: Cells<UInt64>, _ groups: RowList, _ type: DataType) -> Column {
    let builder = ColumnBuilder(type, capacity: groups.count)
    for i in 0..<groups.count {
      if values[groups.rows[i]] == Self.none {
        builder.appendNull()
      } else {
        ValueBytes.append(arena.value(cells[groups.rows[i]]), to: builder)
      }
    }
    return builder.finish()
  }

  func share() -> any AggregateState { PickedState(sharing: self) }
}
