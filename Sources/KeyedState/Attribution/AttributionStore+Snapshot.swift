import Columns
import Schemas

/// Three states: touches and conversions as they came, and how far the conversions of each key
/// group are out. A delta holds the rows that came; of touches that were let go none is told, for
/// after a restore the watermark lets them go again.
extension AttributionStore {
  package var declarations: [StateDeclaration] {
    [touchesDeclaration, waitingDeclaration, AttributionProgress.declaration]
  }

  private var touchesDeclaration: StateDeclaration {
    var declaration = HeldRows.declaration(of: shape.touches, named: Self.touchesName)
    declaration.parameters = shape.parameters
    return declaration
  }

  private var waitingDeclaration: StateDeclaration {
    HeldRows.declaration(of: shape.conversions, named: Self.waitingName)
  }

  /// All rows that are kept, or only those that came since the last snapshot. O(rows).
  package func snapshot(full: Bool, of keyGroups: Range<Int>) -> any StateSnapshot {
    let keys = Array(0..<shape.keyCount)
    let touched = OrderedSnapshot(
      state: touchesDeclaration, keys: keys, isDelta: !full,
      shares: touches.snapshot(full: full))
    let waiting = OrderedSnapshot(
      state: waitingDeclaration, keys: keys, isDelta: !full,
      shares: conversions.snapshot(full: full))
    let block = AttributionProgress.block(progress, of: keyGroups)
    return JoinedSnapshot([touched, waiting], blocks: [block], isDelta: !full)
  }

  /// Takes rows over, each in the order of its tags. O(rows × log rows).
  package func finishRestore(_ restored: RestoredAttribution) {
    for rows in restored.touches.inOrder { add(touches: rows) }
    var (begun, count): ([Int64: BegunConversion], Int64) = ([:], 0)
    let waiting = restored.conversions.compactMap { group, rows in
      restored.progress.left(of: rows, in: group, &count, &begun)
    }
    for rows in waiting.inOrder {
      let place = rows.columns.count - 1
      let former = rows.columns[place].withFixedValues()
      var known: [Int64: BegunConversion] = [:]
      for row in 0..<rows.rowCount {
        if let found = begun[former.ints[row]] { known[serial + Int64(row)] = found }
      }
      withExtendedLifetime(former) {}
      rows.columns[place] = .counting(from: serial, rowCount: rows.rowCount)
      serial += Int64(rows.rowCount)
      add(conversions: rows, begun: known)
    }
  }

  /// Takes a block of any of the states.
  package func restore(_ block: StateBlock, into restored: inout RestoredAttribution) {
    switch block.state {
    case Self.touchesName: restored.touches.append(HeldRows.rows(of: block, shape.touches))
    case Self.waitingName:
      guard case .keyGroup(let group) = block.scope else { return }
      restored.conversions.append(
        (Int(group.number), HeldRows.rows(of: block, shape.conversions)))
    case AttributionProgress.declaration.name: restored.progress.restore(block.rows)
    default: return
    }
  }
}

/// What came out of a checkpoint.
package struct RestoredAttribution {
  var touches: [Batch] = []
  var conversions: [(keyGroup: Int, rows: Batch)] = []
  var progress = AttributionProgress()

  package init() {}
}

extension [Batch] {
  /// All their rows by order tags, in batches.
  fileprivate var inOrder: [Batch] {
    let some = filter { $0.rowCount > 0 }
    guard !some.isEmpty else { return [] }
    let rows = Batch.concatenated(some)
    let order = RunTags(rows.hidden).order(rows.rowCount)
    defer { withExtendedLifetime(rows) {} }
    return stride(from: 0, to: order.count, by: Batch.rowLimit).map { start in
      rows.gathered(rows: [UInt32](order[start..<Swift.min(start + Batch.rowLimit, order.count)]))
    }
  }
}

/// How far conversions were out, by key group. Each worker writes it of its own key groups in every
/// snapshot, so the last one counts.
package struct AttributionProgress {
  /// A row for the first conversion that was not all out, and for each other that was begun, with
  /// the model by which it is: another one may give its touches other shares.
  static let declaration = StateDeclaration(
    name: "out", kind: .replicated,
    schema: Schema([
      Field("first_group", .int), Field("last_group", .int), Field("serial", .int),
      Field("rows", .int), Field("model", .string),
    ]),
    keyColumns: 0)

  /// By key group, in the order of their numbers.
  private var begun: [[BegunConversion]] = Array(repeating: [], count: KeyGroup.count)

  static func block(_ begun: [BegunConversion], of keyGroups: Range<Int>) -> StateBlock {
    let builders = declaration.schema.fields.map { ColumnBuilder($0.type, capacity: begun.count) }
    for conversion in begun {
      builders[0].append(int: Int64(keyGroups.lowerBound))
      builders[1].append(int: Int64(keyGroups.upperBound) - 1)
      builders[2].append(int: conversion.serial)
      builders[3].append(int: Int64(conversion.out))
      builders[4].append(string: conversion.model.text)
    }
    return StateBlock(
      state: declaration.name, scope: .whole,
      rows: Batch(
        schema: declaration.schema, columns: builders.map { $0.finish() }, rowCount: begun.count))
  }

  mutating func restore(_ rows: Batch) {
    let rows = rows.gathered()
    let numbers = rows.columns[..<4].map { $0.withFixedValues() }
    var found: [Range<Int>: [BegunConversion]] = [:]
    for row in 0..<rows.rowCount {
      let (low, high) = (numbers[0].ints[row], numbers[1].ints[row])
      guard low >= 0, low <= high, high < Int64(KeyGroup.count),
        let model = CreditModel(String(decoding: rows.columns[4].text(row), as: UTF8.self))
      else { continue }
      found[Int(low)..<Int(high) + 1, default: []].append(
        BegunConversion(
          serial: numbers[2].ints[row], out: Int(max(0, numbers[3].ints[row])), model: model))
    }
    for (groups, conversions) in found {
      let sorted = conversions.sorted { $0.serial < $1.serial }
      for group in groups { begun[group] = sorted }
    }
    withExtendedLifetime(numbers) {}
  }

  /// The conversions that were not all out, under other numbers, which count on over all key
  /// groups; what is known of those that were begun is under these. nil: there are none.
  func left(
    of rows: Batch, in keyGroup: Int, _ count: inout Int64, _ known: inout [Int64: BegunConversion]
  ) -> Batch? {
    let last = rows.columns.count - 1
    let serials = rows.columns[last].withFixedValues()
    let first = begun[keyGroup].first?.serial ?? .min
    let left = (0..<rows.rowCount).filter { serials.ints[$0] >= first }
    guard !left.isEmpty else { return nil }
    for (place, row) in left.enumerated() {
      let former = serials.ints[row]
      guard let found = begun[keyGroup].first(where: { $0.serial == former && $0.out > 0 }) else {
        continue
      }
      known[count + Int64(place)] = found
    }
    let some = rows.gathered(rows: left.map { UInt32(truncatingIfNeeded: $0) })
    some.columns[last] = .counting(from: count, rowCount: left.count)
    count += Int64(left.count)
    withExtendedLifetime(serials) {}
    return some
  }
}
