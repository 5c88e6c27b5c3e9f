package import Columns
package import Schemas

/// What a table has told rows that may be taken back, for as long as they are there: a row that is
/// taken back is told what it was told when it came, whatever the table says by then.
///
/// Of each key that is looked up the rows lie as bytes, each with its answer, as often as it is
/// there. One that is taken back before it comes is told what the table says, and owed; the row
/// that comes then is told the same. A row with a null in its key finds nothing at any time, so
/// nothing is kept of it. Not thread-safe; snapshots are immutable.
package final class GivenAnswers {
  package static let stateName = "given"

  /// Which rows are told what.
  package struct Shape: Sendable {
    /// The columns of a row, and those of them by which it looks something up.
    package let row: [Field]
    package let keys: [Int]
    /// What it is told.
    package let answer: [Field]
    /// Rows are told apart by their event times too.
    package let isTimed: Bool
    /// What the state is of, as text.
    package let parameters: String

    package init(
      row: [Field], keys: [Int], answer: [Field], isTimed: Bool, parameters: String
    ) {
      self.row = row
      self.keys = keys
      self.answer = answer
      self.isTimed = isTimed
      self.parameters = parameters
    }

    /// What makes a row the one that was told something: the row, its time, whether it is owed.
    fileprivate var head: [Field] {
      row + (isTimed ? [Field("$time", .timestamp, nullable: true)] : []) + [Field("$owed", .bool)]
    }

    /// What stands behind it: whether something was found, and what.
    fileprivate var tail: [Field] { [Field("$found", .bool)] + answer }
  }

  /// Where the columns of a row and of what is found stand in batches.
  package struct Places {
    package let row: [Int]
    package let answer: [Int]

    package init(row: [Int], answer: [Int]) {
      self.row = row
      self.answer = answer
    }
  }

  private let shape: Shape
  private let places: Places
  private let fields: [Field]
  /// A row and its answer as bytes; of the answer alone.
  private let parts: SortKeys
  private let answerParts: SortKeys
  private let keys: MatchedKeys
  private let set = ValueSet(.ordered)
  private let identity = IdentityRows()
  private let scratch = KeyScratch()
  private let head = ByteBuffer()
  /// The most bytes that a row and its answer have had.
  private var longest = 1

  package init(_ shape: Shape, _ places: Places) {
    self.shape = shape
    self.places = places
    fields = shape.head + shape.tail
    parts = SortKeys(all: fields.count)
    answerParts = SortKeys(all: shape.tail.count)
    keys = MatchedKeys(shape.keys.map { shape.row[$0].type })
  }

  /// How many rows may be told something at a time, so that their answers make no overlong column.
  package var rowLimit: Int { max(1, TextLimit.batchBytes / longest) }

  /// What rows are told that have found this in the table: one that comes what it has found, one
  /// that is taken back what it was told. The batch has no selection.
  /// O(rows × log rows of a key).
  package func settle(_ rows: Batch, _ found: VersionStore.Found) -> VersionStore.Found {
    let whole = whole(rows, found)
    let list = RowList(rows: identity.first(whole.rowCount), count: whole.rowCount)
    let bytes = parts.bytes(of: whole, list, scratch: scratch)
    let groups = groups(of: whole, list)
    var told: [(row: Int, member: UInt32)] = []
    for row in 0..<whole.rowCount where groups[row] != GroupTable.missing {
      let own = bytes[UInt32(truncatingIfNeeded: row)]
      longest = max(longest, own.count)
      if let member = counterpart(of: own, in: groups[row]) {
        _ = set.take(member, of: groups[row], back: true)
        told.append((row, member))
      } else {
        set.add(own, of: groups[row])
      }
    }
    // The answers lie among the members until these are tidied.
    defer { set.tidy() }
    return told.isEmpty ? found : replacing(told, in: found)
  }

  /// Rows with their answers, as they lie in the state. A row that is taken back would be owed.
  private func whole(_ rows: Batch, _ found: VersionStore.Found) -> Batch {
    let count = rows.rowCount
    let owed = Column(fixed: .bool, rowCount: count)
    let isFound = Column(fixed: .bool, rowCount: count)
    for row in 0..<count {
      owed.bools[row] = rows.takesBack(row) ? 1 : 0
      isFound.bools[row] = 1
    }
    for row in found.missing { isFound.bools[Int(row)] = 0 }
    var columns = places.row.map { rows.columns[$0] }
    if shape.isTimed {
      columns.append(rows.hidden.eventTimes ?? Column(.timestamp, nulls: count))
    }
    columns += [owed, isFound] + places.answer.map { found.columns[$0] }
    return Batch(schema: Schema(fields), columns: columns, rowCount: count)
  }

  private func groups(of whole: Batch, _ list: RowList) -> UnsafePointer<UInt32> {
    let columns = shape.keys.map { whole.columns[$0] }
    let groups = keys.find(columns, list, rowCount: whole.rowCount)
    set.grow(to: keys.count)
    return groups
  }

  /// The same row as one that is there, of one that would be owed; of one that comes as one that is
  /// owed.
  private func counterpart(
    of bytes: UnsafeBufferPointer<UInt8>, in group: UInt32
  ) -> UInt32? {
    let flag = headBytes(of: bytes) - 1
    head.removeAll()
    head.append(UnsafeBufferPointer(rebasing: bytes[..<flag]))
    head.append(bytes[flag] ^ 1)
    return set.first(beginningWith: head.bytes, of: group)
  }

  private func headBytes(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
    parts.length(ofParts: shape.head.count, in: bytes, fields.map(\.type))
  }

  /// What was found, but for these rows what these members were told.
  private func replacing(
    _ told: [(row: Int, member: UInt32)], in found: VersionStore.Found
  ) -> VersionStore.Found {
    let answers = told.map { told in
      let bytes = set.bytes(told.member)
      return UnsafeBufferPointer(rebasing: bytes[headBytes(of: bytes)...])
    }
    let columns = answerParts.columns(answers, shape.tail.map(\.type))
    var order = (0..<UInt32(truncatingIfNeeded: found.rows.count)).map(\.self)
    var isMissing = [Bool](repeating: false, count: found.rows.count)
    for row in found.missing { isMissing[Int(row)] = true }
    for (number, told) in told.enumerated() {
      order[told.row] = UInt32(truncatingIfNeeded: found.rows.count + number)
      isMissing[told.row] = columns[0].bools[number] == 0
    }
    var result = found
    result.missing = isMissing.indices.filter { isMissing[$0] }
      .map { UInt32(truncatingIfNeeded: $0) }
    let schema = Schema(shape.answer)
    let both = Batch.concatenated([
      Batch(
        schema: schema, columns: places.answer.map { found.columns[$0] },
        rowCount: found.rows.count),
      Batch(schema: schema, columns: Array(columns.dropFirst()), rowCount: told.count),
    ]).gathered(rows: order)
    for (place, column) in zip(places.answer, both.columns) { result.columns[place] = column }
    return result
  }
}

extension GivenAnswers {
  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .keyed, schema: Schema(fields + [Field("$count", .int)]),
      keyColumns: 0, parameters: shape.parameters)
  }

  /// All rows that are there and what they were told, or those that changed since the last
  /// snapshot. O(changes + pages).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let snapshot = GivenSnapshot(
      isDelta: !full, declaration: declaration, table: keys.table.share(), parts: parts,
      types: fields.map(\.type), rows: set.snapshot(full: full))
    if let numbers = keys.tidy(keeping: { set.hasMembers($0) }) {
      set.compact { numbers[Int($0)] == GroupTable.missing ? nil : numbers[Int($0)] }
    }
    return snapshot
  }

  /// Takes over the rows of a block of the state; one that is deleted is there no more. O(rows).
  package func restore(_ block: Batch) {
    let batch = block.gathered()
    guard batch.rowCount > 0 else { return }
    let list = RowList(rows: identity.first(batch.rowCount), count: batch.rowCount)
    let groups = groups(of: batch, list)
    let bytes = parts.bytes(of: batch, list, scratch: scratch)
    let counts = batch.columns[fields.count].withFixedValues()
    let kinds = batch.hidden.rowKinds?.ints
    for row in 0..<batch.rowCount where groups[row] != GroupTable.missing {
      let isGone = kinds.map { $0[row] == RowKind.delete.rawValue } ?? false
      let own = bytes[UInt32(truncatingIfNeeded: row)]
      longest = max(longest, own.count)
      set.restore(own, of: groups[row], count: isGone ? 0 : counts.ints[row])
    }
  }
}

extension SortKeys {
  /// The first so many columns of a batch, in order.
  fileprivate init(all count: Int) {
    parts = (0..<count).map { Part(column: $0, isDescending: false) }
  }
}

/// The rows that were told something at a barrier.
private final class GivenSnapshot: StateSnapshot, @unchecked Sendable {
  let isDelta: Bool
  private let declaration: StateDeclaration
  private let table: GroupTable
  private let parts: SortKeys
  private let types: [DataType]
  private let rows: SavedValues

  init(
    isDelta: Bool, declaration: StateDeclaration, table: GroupTable, parts: SortKeys,
    types: [DataType], rows: SavedValues
  ) {
    self.isDelta = isDelta
    self.declaration = declaration
    self.table = table
    self.parts = parts
    self.types = types
    self.rows = rows
  }

  func write(to writer: any StateWriter) throws {
    try [rows].write(declaration.name, by: table, to: writer) { part in
      let counts = Column(fixed: .int, rowCount: part.count)
      var all: [UnsafeBufferPointer<UInt8>] = []
      for (row, place) in part.enumerated() {
        counts.ints[row] = rows.counts[place.member]
        all.append(rows.bytes(place.member))
      }
      return Batch(
        schema: declaration.schema, columns: parts.columns(all, types) + [counts],
        rowCount: part.count)
    }
  }
}
