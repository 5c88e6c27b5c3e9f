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
    declaration.parameters = shape.touchParameters
    return declaration
  }

  private var waitingDeclaration: StateDeclaration {
    var declaration = HeldRows.declaration(of: shape.conversions, named: Self.waitingName)
    declaration.parameters = shape.creditParameters
    return declaration
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
    let (serial, out) = progress
    let block = AttributionProgress.block(serial: serial, out: out, of: keyGroups)
    return JoinedSnapshot([touched, waiting], blocks: [block], isDelta: !full)
  }

  /// Takes rows over, each in the order of its tags. O(rows × log rows).
  package func finishRestore(_ restored: RestoredAttribution) {
    for rows in restored.touches.inOrder { add(touches: rows) }
    let waiting = restored.conversions.compactMap { group, rows in
      restored.progress.left(of: rows, in: group)
    }
    for rows in waiting.inOrder {
      let serials = Column(fixed: .int, rowCount: rows.rowCount)
      for row in 0..<rows.rowCount { serials.ints[row] = serial + Int64(row) }
      serial += Int64(rows.rowCount)
      rows.columns[rows.columns.count - 2] = serials
      add(conversions: rows)
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
  static let declaration = StateDeclaration(
    name: "out", kind: .replicated,
    schema: Schema([
      Field("first_group", .int), Field("last_group", .int), Field("serial", .int),
      Field("rows", .int),
    ]),
    keyColumns: 0)

  /// By key group.
  private var first: [(serial: Int64, rows: Int64)] = Array(
    repeating: (.min, 0), count: KeyGroup.count)

  /// `serial`: of the first conversion that was not all out; `out`: how many of its results were.
  static func block(serial: Int64, out: Int, of keyGroups: Range<Int>) -> StateBlock {
    let values = [
      Int64(keyGroups.lowerBound), Int64(keyGroups.upperBound) - 1, serial, Int64(out),
    ]
    return StateBlock(
      state: declaration.name, scope: .whole,
      rows: Batch(
        schema: declaration.schema, columns: values.map { .repeating($0, .int, 1) }, rowCount: 1))
  }

  mutating func restore(_ rows: Batch) {
    let columns = rows.columns.map(\.ints)
    for row in 0..<rows.rowCount {
      let (low, high) = (columns[0][row], columns[1][row])
      guard low >= 0, low <= high, high < Int64(KeyGroup.count) else { continue }
      for group in Int(low)...Int(high) {
        first[group] = (columns[2][row], max(0, columns[3][row]))
      }
    }
  }

  /// The conversions that were not all out, with how many of their results were; nil: there are
  /// none.
  func left(of rows: Batch, in keyGroup: Int) -> Batch? {
    let (serial, out) = first[keyGroup]
    let last = rows.columns.count - 1
    let serials = rows.columns[last - 1].withFixedValues()
    let left = (0..<rows.rowCount).filter { serials.ints[$0] >= serial }
    guard !left.isEmpty else { return nil }
    let some = rows.gathered(rows: left.map { UInt32(truncatingIfNeeded: $0) })
    let before = some.columns[last].withFixedValues()
    let counts = Column(fixed: .int, rowCount: some.rowCount)
    for (row, number) in left.enumerated() {
      counts.ints[row] = serials.ints[number] == serial ? out : max(0, before.ints[row])
    }
    some.columns[last] = counts
    withExtendedLifetime((serials, before)) {}
    return some
  }
}
