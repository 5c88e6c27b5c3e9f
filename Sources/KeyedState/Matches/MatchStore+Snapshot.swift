package import Columns
import Schemas

/// Two states: rows as they came, and of each key how many of them are its own, the last, and when
/// a row before them barred the beginning of a match. A delta holds the rows that came, so that
/// those that were forgotten need no mention.
extension MatchStore {
  package var declarations: [StateDeclaration] { [rowsDeclaration, openDeclaration] }

  private var rowsDeclaration: StateDeclaration {
    var declaration = HeldRows.declaration(of: schema, named: Self.rowsName)
    declaration.parameters = parameters
    return declaration
  }

  private var openDeclaration: StateDeclaration {
    let barred = bars.isEmpty ? [] : [Field("$barred", .timestamp)]
    return StateDeclaration(
      name: Self.openName, kind: .keyed,
      schema: Schema(keys.fields + [Field("$rows", .int)] + barred),
      keyColumns: keys.fields.count, parameters: parameters)
  }

  /// All rows that are kept, or only those that came since the last snapshot. O(rows + keys that
  /// changed).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let open = KeptSnapshot(
      openDeclaration, keys, full: full,
      values: Counts(counts.share(), bars.isEmpty ? nil : bars.times.share()))
    let rows = OrderedSnapshot(
      state: rowsDeclaration, keys: Array(keys.fields.indices), isDelta: open.isDelta,
      shares: shelf.snapshot(full: !open.isDelta))
    return JoinedSnapshot([rows, open], isDelta: open.isDelta)
  }

  /// Takes over a block of either state; `rows` are for `finishRestore`.
  package func restore(_ block: StateBlock, _ rows: inout [Batch]) {
    guard block.state == Self.openName else {
      if block.state == Self.rowsName { rows.append(HeldRows.rows(of: block, schema)) }
      return
    }
    let batch = block.rows.gathered()
    guard batch.rowCount > 0 else { return }
    let columns = Array(batch.columns.prefix(keys.fields.count))
    let found = keys.find(columns, rowCount: batch.rowCount)
    grow()
    let kinds = batch.hidden.rowKinds?.ints
    let held = batch.columns[keys.fields.count].withFixedValues()
    for row in 0..<batch.rowCount {
      let isGone = kinds.map { $0[row] == RowKind.delete.rawValue } ?? false
      counts.set(found[row], isGone ? 0 : held.ints[row])
    }
    withExtendedLifetime(held) {}
    guard !bars.isEmpty else { return }
    let times = batch.columns[keys.fields.count + 1].withFixedValues()
    for row in 0..<batch.rowCount {
      let isGone = kinds.map { $0[row] == RowKind.delete.rawValue } ?? false
      let key = found[row]
      bars[key] = isGone ? MatchBars.none : times.ints[row]
      if bars.end(key) == nil {
        keys.release(key)
      } else {
        keys.keep(key)
        watch(key)
      }
    }
    withExtendedLifetime(times) {}
  }

  /// Looks at restored rows again, in the order of their tags: of each key at the last that are its
  /// own. O(rows × log rows).
  package func finishRestore(_ blocks: [Batch]) {
    let blocks = blocks.filter { $0.rowCount > 0 }
    guard !blocks.isEmpty else { return }
    let rows = Batch.concatenated(blocks)
    let order = RunTags(rows.hidden).order(rows.rowCount)
    let found = keys.find(Array(rows.columns.prefix(keys.fields.count)), rowCount: rows.rowCount)
    grow()
    var rest = Array(repeating: Int64(0), count: keys.count)
    for row in 0..<rows.rowCount { rest[Int(found[row])] += 1 }
    let kept = order.filter { row in
      let key = found[Int(row)]
      defer { rest[Int(key)] -= 1 }
      return rest[Int(key)] <= counts[key]
    }
    for start in stride(from: 0, to: kept.count, by: Batch.rowLimit) {
      add(rows.gathered(rows: Array(kept[start..<min(start + Batch.rowLimit, kept.count)])))
    }
    withExtendedLifetime(rows) {}
  }

  /// What a snapshot reads of keys.
  private final class Counts: KeptValues, @unchecked Sendable {
    private let counts: Cells<Int64>
    private let bars: Cells<Int64>?

    init(_ counts: Cells<Int64>, _ bars: Cells<Int64>?) {
      self.counts = counts
      self.bars = bars
    }

    var keysOfBlock: Int { Batch.rowLimit }

    func columns(_ keys: [UInt32]) -> [Column] {
      let column = Column(fixed: .int, rowCount: keys.count)
      for (row, key) in keys.enumerated() { column.ints[row] = counts[key] }
      guard let bars else { return [column] }
      let times = Column(fixed: .timestamp, rowCount: keys.count)
      for (row, key) in keys.enumerated() { times.ints[row] = bars[key] }
      return [column, times]
    }
  }
}
