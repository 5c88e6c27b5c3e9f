import Columns
import Schemas

extension RunningStore {
  static let valuesName = "values"

  /// The sets of values that aggregates keep, in the order of the aggregates.
  var sets: [ValueSet] {
    pane.states.compactMap { state in
      guard let state = state as? ValueSetState, state.keepsSet else { return nil }
      return state.set
    }
  }

  /// How values stand in the manifest: by group, set and value, how often each is there.
  var valuesDeclaration: StateDeclaration {
    let keys = reader.configuration.keys
    let fields = keys + [Field("$set", .int), Field("$value", .bytes)]
    return StateDeclaration(
      name: Self.valuesName, kind: .keyed, schema: Schema(fields + [Field("$count", .int)]),
      keyColumns: fields.count, parameters: declaration.parameters)
  }

  /// Takes over the values of a restored block; one that is deleted is there no more.
  func restoreValues(_ batch: Batch) {
    let head = reader.configuration.keys.count
    let list = RowList(rows: reader.work.identity.first(batch.rowCount), count: batch.rowCount)
    let keys = reader.keys(
      Array(batch.columns[..<head]), list, rowCount: batch.rowCount, selection: nil)
    let groups = reader.work.groups.reserve(list.count)
    keys.find(pane, list, into: groups)
    let (sets, kinds) = (sets, batch.hidden.rowKinds?.ints)
    let (numbers, values) = (batch.columns[head].withFixedValues(), batch.columns[head + 1])
    let counts = batch.columns[head + 2].withFixedValues()
    for row in 0..<batch.rowCount {
      let number = Int(clamping: numbers.ints[row])
      guard sets.indices.contains(number) else { continue }
      let isGone = kinds.map { $0[row] == RowKind.delete.rawValue } ?? false
      sets[number].restore(
        values.text(row), of: groups[row], count: isGone ? 0 : counts.ints[row])
    }
  }
}

/// The values of all sets at a barrier.
struct SetSnapshot: Sendable {
  let declaration: StateDeclaration
  let layout: PaneLayout
  let table: GroupTable
  let sets: [SavedValues]

  func write(to writer: any StateWriter) throws {
    try sets.write(declaration.name, by: table, to: writer) { rows($0) }
  }

  private func rows(_ part: ArraySlice<SavedMember>) -> Batch {
    let numbers = Column(fixed: .int, rowCount: part.count)
    let counts = Column(fixed: .int, rowCount: part.count)
    let values = ColumnBuilder(.bytes, capacity: part.count)
    for (row, place) in part.enumerated() {
      let set = sets[Int(place.set)]
      numbers.ints[row] = Int64(place.set)
      counts.ints[row] = set.counts[place.member]
      values.append(text: set.bytes(place.member))
    }
    let keys = part.map(\.group).withList { layout.keyColumns(table, $0) }
    return Batch(
      schema: declaration.schema, columns: keys + [numbers, values.finish(), counts],
      rowCount: part.count)
  }
}

/// A member of one of several sets.
struct SavedMember: BitwiseCopyable {
  var set: UInt32
  var member: UInt32
  var group: UInt32
}

extension [SavedValues] {
  /// Writes the members that are told, key group by key group, those that are gone first.
  func write(
    _ state: String, by table: GroupTable, to writer: any StateWriter,
    _ rows: (ArraySlice<SavedMember>) -> Batch
  ) throws {
    let (gone, there) = (places(\.dead, by: table), places(\.live, by: table))
    for keyGroup in 0..<KeyGroup.count {
      for (members, isGone) in [(gone, true), (there, false)] {
        for part in members.places.chunks(keyGroup, limit: members.limit) {
          let batch = rows(part)
          if isGone {
            batch.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, part.count)
          }
          try writer.write(
            StateBlock(state: state, scope: .keyGroup(KeyGroup(UInt16(keyGroup))), rows: batch))
        }
      }
    }
  }

  /// Members by key group, and how many make a batch, in rows and in bytes. O(members).
  private func places(
    _ told: KeyPath<SavedValues, [UInt32]>, by table: GroupTable
  ) -> (places: PlacesByKeyGroup<SavedMember>, limit: Int) {
    var (all, bytes): ([SavedMember], Int) = ([], 0)
    for (number, set) in enumerated() {
      for id in set[keyPath: told] {
        let (start, length) = set.members.key(id)
        guard let start else { continue }
        let group = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        all.append(SavedMember(set: UInt32(number), member: id, group: group))
        bytes += length
      }
    }
    let limit = TextLimit.batchBytes / (bytes / Swift.max(all.count, 1) + 1)
    return (
      PlacesByKeyGroup(all) { table.hash($0.group) },
      Swift.max(1, Swift.min(limit, Batch.rowLimit))
    )
  }
}

extension SavedValues {
  /// A member's bytes behind its group's number.
  func bytes(_ member: UInt32) -> UnsafeBufferPointer<UInt8> {
    let (start, length) = members.key(member)
    return UnsafeBufferPointer(start: start.map { $0 + 4 }, count: max(length - 4, 0))
  }
}
