package import Columns
package import Schemas

extension TaskStore {
  /// What the state has in front of what a task's row says.
  private static let facts = [
    Field("$lane", .int, nullable: true), Field("$place", .int, nullable: true),
    Field("$arrival", .int), Field("$due", .timestamp), Field("$started", .timestamp),
    Field("$attempts", .int), Field("$out", .bool),
    Field("$first_error", .string, nullable: true), Field("$outcome", .bytes, nullable: true),
  ]

  package static func declaration(of input: Schema) -> StateDeclaration {
    StateDeclaration(
      name: "tasks", kind: .keyed, schema: Schema(facts + input.fields), keyColumns: 0)
  }

  /// All tasks, as they are. O(pages + pieces).
  package func snapshot() -> any StateSnapshot {
    TaskSnapshot(
      declaration: Self.declaration(of: shape.input), input: shape.input, pages: pages,
      batches: rows.pieces.map { $0?.rows }, firstErrors: firstErrors, outcomes: outcomes)
  }

  /// Takes over the tasks of a block of the state, as `new` ones or, those that have their
  /// outcome, `ended` ones.
  package func restore(_ block: Batch) -> [UInt32] {
    let block = block.gathered()
    guard block.rowCount > 0 else { return [] }
    let facts = block.columns
    let input = Batch(
      schema: shape.input, columns: Array(facts[Self.facts.count...]), rowCount: block.rowCount)
    func hidden(_ column: Column) -> Column? {
      (0..<block.rowCount).contains { column.isValid($0) } ? column : nil
    }
    input.hidden.lanes = hidden(facts[0])
    input.hidden.places = hidden(facts[1])
    let tasks = add(input, arrivals: { UInt64(bitPattern: facts[2].ints[$0]) })
    for (row, task) in tasks.enumerated() {
      self[task].due = facts[3].ints[row]
      self[task].started = facts[4].ints[row]
      self[task].attempts = UInt32(clamping: facts[5].ints[row])
      self[task].isOut = facts[6].bool(row)
      if facts[7].isValid(row) { firstErrors[task] = facts[7].string(row) }
      if facts[8].isValid(row) {
        outcomes[task] = Array(facts[8].text(row))
        self[task].phase = .ended
      }
    }
    return tasks
  }
}

/// Tasks at a barrier: pages and pieces that the store writes no more.
private final class TaskSnapshot: StateSnapshot {
  let isDelta = false
  private let declaration: StateDeclaration
  private let input: Schema
  private let pages: [[TaskEntry]]
  private let batches: [Batch?]
  private let firstErrors: [UInt32: String]
  private let outcomes: [UInt32: [UInt8]]

  init(
    declaration: StateDeclaration, input: Schema, pages: [[TaskEntry]], batches: [Batch?],
    firstErrors: [UInt32: String], outcomes: [UInt32: [UInt8]]
  ) {
    self.declaration = declaration
    self.input = input
    self.pages = pages
    self.batches = batches
    self.firstErrors = firstErrors
    self.outcomes = outcomes
  }

  private func entry(_ task: UInt32) -> TaskEntry {
    pages[Int(task >> TaskStore.pageShift)][Int(task & TaskStore.pageMask)]
  }

  func write(to writer: any StateWriter) throws {
    for (group, tasks) in byKeyGroup() {
      var rest = tasks[...]
      while !rest.isEmpty {
        let part = rest.prefix(bound(rest))
        rest = rest[part.endIndex...]
        try writer.write(
          StateBlock(state: declaration.name, scope: .keyGroup(KeyGroup(group)), rows: block(part)))
      }
    }
  }

  /// The tasks of each key group, in the order in which they came.
  private func byKeyGroup() -> [(group: UInt16, tasks: [UInt32])] {
    var groups = [[UInt32]](repeating: [], count: KeyGroup.count)
    for (page, entries) in pages.enumerated() {
      for (place, entry) in entries.enumerated() where entry.phase != .gone {
        groups[Int(entry.group)].append(
          UInt32(truncatingIfNeeded: page << Int(TaskStore.pageShift) + place))
      }
    }
    return groups.enumerated().compactMap { group, tasks in
      guard !tasks.isEmpty else { return nil }
      let sorted = tasks.sorted { entry($0).arrival < entry($1).arrival }
      return (UInt16(truncatingIfNeeded: group), sorted)
    }
  }

  private func bound(_ tasks: ArraySlice<UInt32>) -> Int {
    var bytes = 0
    for (place, task) in tasks.prefix(Batch.rowLimit).enumerated() {
      let entry = entry(task)
      guard let rows = batches[Int(entry.piece)] else { continue }
      for column in rows.columns where column.type.isText && column.isValid(Int(entry.row)) {
        bytes += column.textBytes(Int(entry.row))
      }
      bytes += outcomes[task]?.count ?? 0
      if bytes >= TextLimit.batchBytes { return place + 1 }
    }
    return min(tasks.count, Batch.rowLimit)
  }

  private func block(_ tasks: ArraySlice<UInt32>) -> Batch {
    var parts: [UInt32: UInt32] = [:]
    var rows: [Batch] = []
    let places = tasks.compactMap { task -> PartPlace? in
      let entry = entry(task)
      guard let batch = batches[Int(entry.piece)] else { return nil }
      let part = parts[entry.piece] ?? UInt32(truncatingIfNeeded: rows.count)
      if Int(part) == rows.count {
        parts[entry.piece] = part
        rows.append(batch)
      }
      return PartPlace(part: part, number: UInt32(entry.row))
    }
    let joined = TaskStore.joined(rows, places[...], input)
    let columns = facts(tasks, joined.hidden) + joined.columns
    return Batch(schema: declaration.schema, columns: columns, rowCount: tasks.count)
  }

  private func facts(_ tasks: ArraySlice<UInt32>, _ hidden: HiddenColumns) -> [Column] {
    let fields = declaration.schema.fields
    let builders = (2..<9).map { ColumnBuilder(fields[$0].type, capacity: tasks.count) }
    for task in tasks {
      let entry = entry(task)
      builders[0].append(int: Int64(bitPattern: entry.arrival))
      builders[1].append(int: entry.due)
      builders[2].append(int: entry.started)
      builders[3].append(int: Int64(entry.attempts))
      builders[4].append(bool: entry.isOut)
      if let error = firstErrors[task] {
        builders[5].append(string: error)
      } else {
        builders[5].appendNull()
      }
      if let outcome = outcomes[task] {
        outcome.withUnsafeBufferPointer { builders[6].append(text: $0) }
      } else {
        builders[6].appendNull()
      }
    }
    let tags = [hidden.lanes, hidden.places].enumerated().map { place, column in
      column ?? .blank(fields[place], tasks.count)
    }
    return tags + builders.map { $0.finish() }
  }
}

/// What a stage's journal says of tasks that have not come again, as a state: their entries, in
/// order.
package enum JournaledEntries {
  package static let declaration = StateDeclaration(
    name: "journaled", kind: .keyed, schema: Schema([Field("entry", .bytes)]), keyColumns: 0)

  package static func block(_ entries: [[UInt8]], of group: KeyGroup) -> StateBlock {
    let builder = ColumnBuilder(.bytes, capacity: max(entries.count, 1))
    for entry in entries { entry.withUnsafeBufferPointer { builder.append(text: $0) } }
    return StateBlock(
      state: declaration.name, scope: .keyGroup(group),
      rows: Batch(
        schema: declaration.schema, columns: [builder.finish()], rowCount: entries.count))
  }

  package static func entries(_ rows: Batch) -> [[UInt8]] {
    let rows = rows.gathered()
    return (0..<rows.rowCount).map { Array(rows.columns[0].text($0)) }
  }
}
