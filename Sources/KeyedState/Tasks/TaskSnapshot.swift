import Columns
package import Schemas

extension TaskStore {
  /// What the state has in front of what a task's row says.
  private static let facts = [
    Field("$arrival", .int), Field("$lane", .int, nullable: true),
    Field("$place", .int, nullable: true), Field("$due", .timestamp),
    Field("$started", .timestamp), Field("$attempts", .int), Field("$doubt", .int),
    Field("$questions", .int),
    Field("$first_error", .string, nullable: true), Field("$outcome", .bytes, nullable: true),
  ]

  /// Tasks of a key group are told apart by when they came.
  package static func declaration(of input: Schema) -> StateDeclaration {
    StateDeclaration(
      name: "tasks", kind: .keyed, schema: Schema(facts + input.fields), keyColumns: 1)
  }

  /// All tasks as they are, or those that changed since the last snapshot. O(pages + pieces +
  /// changes).
  package func snapshot(full: Bool) -> any StateSnapshot {
    let isDelta = changes.hasBase && !full
    let batches = rows.pieces.map { $0?.rows }
    var tasks = TaskSnapshot.Tasks.all(pages)
    if isDelta {
      var changed: [(number: UInt32, entry: TaskEntry)] = []
      for task in changes.tasks where self[task].phase != .gone && self[task].isChanged {
        changed.append((task, self[task]))
        forgetChange(task)
      }
      tasks = .some(changed)
    } else {
      for task in changes.tasks { forgetChange(task) }
    }
    let snapshot = TaskSnapshot(
      declaration: Self.declaration(of: shape.input), input: shape.input, tasks: tasks,
      gone: isDelta ? changes.gone : [], batches: batches, firstErrors: firstErrors,
      outcomes: outcomes, isDelta: isDelta)
    changes.end(arrivals)
    return snapshot
  }
}

/// What states say of tasks, while they are read: each block replaces what earlier ones said. A
/// class, so that no holder of it copies what may be millions with each block.
package final class RestoredTasks {
  private let store: TaskStore
  private var tasks: [UInt64: UInt32] = [:]

  package init(_ store: TaskStore) { self.store = store }

  /// Takes over the tasks of a block of the state.
  package func add(_ block: StateBlock) {
    guard case .keyGroup(let group) = block.scope else { return }
    let rows = block.rows.gathered()
    let kinds = rows.hidden.rowKinds
    var kept: [UInt32] = []
    for row in 0..<rows.rowCount {
      let key = TaskChanges.key(group.number, UInt64(bitPattern: rows.columns[0].int(row)))
      if let old = tasks.removeValue(forKey: key) { store.remove(old) }
      if kinds.map({ $0.int(row) == RowKind.delete.rawValue }) ?? false { continue }
      kept.append(UInt32(truncatingIfNeeded: row))
    }
    guard !kept.isEmpty else { return }
    for task in store.restore(kept.count == rows.rowCount ? rows : rows.gathered(rows: kept)) {
      tasks[TaskChanges.key(store[task])] = task
    }
  }

  /// Those that there are, in the order in which they came: `new` ones and, where they have their
  /// outcome, `ended` ones.
  package func end() -> [UInt32] {
    defer { tasks = [:] }
    let arrivals = tasks.values.map { (arrival: store[$0].arrival, task: $0) }
    return arrivals.sorted { $0.arrival < $1.arrival }.map(\.task)
  }
}

extension TaskStore {
  fileprivate func restore(_ block: Batch) -> [UInt32] {
    let facts = block.columns
    let input = Batch(
      schema: shape.input, columns: Array(facts[Self.facts.count...]), rowCount: block.rowCount)
    func hidden(_ column: Column) -> Column? {
      (0..<block.rowCount).contains { column.isValid($0) } ? column : nil
    }
    input.hidden.lanes = hidden(facts[1])
    input.hidden.places = hidden(facts[2])
    let tasks = add(input, arrivals: { UInt64(bitPattern: facts[0].ints[$0]) })
    for (row, task) in tasks.enumerated() {
      self[task].due = facts[3].ints[row]
      self[task].started = facts[4].ints[row]
      self[task].attempts = UInt32(clamping: facts[5].ints[row])
      self[task].doubt = TaskDoubt(rawValue: UInt8(clamping: facts[6].ints[row])) ?? .out
      self[task].questions = UInt8(clamping: facts[7].ints[row])
      if facts[8].isValid(row) { addError(facts[8].string(row), of: task) }
      if facts[9].isValid(row) { setOutcome(Array(facts[9].text(row)), of: task) }
    }
    return tasks
  }
}

/// Tasks at a barrier: entries and pieces that the store writes no more.
private final class TaskSnapshot: StateSnapshot {
  enum Tasks: Sendable {
    /// The store's pages.
    case all([[TaskEntry]])
    case some([(number: UInt32, entry: TaskEntry)])
  }

  let isDelta: Bool
  private let declaration: StateDeclaration
  private let input: Schema
  private let tasks: Tasks
  private let gone: [UInt64]
  private let batches: [Batch?]
  private let firstErrors: [UInt32: String]
  private let outcomes: [UInt32: [UInt8]]

  init(
    declaration: StateDeclaration, input: Schema, tasks: Tasks, gone: [UInt64],
    batches: [Batch?], firstErrors: [UInt32: String], outcomes: [UInt32: [UInt8]], isDelta: Bool
  ) {
    self.declaration = declaration
    self.input = input
    self.tasks = tasks
    self.gone = gone
    self.batches = batches
    self.firstErrors = firstErrors
    self.outcomes = outcomes
    self.isDelta = isDelta
  }

  /// Key group by key group, removals first.
  func write(to writer: any StateWriter) throws {
    let kept = byKeyGroup()
    var removals = [[UInt64]](repeating: [], count: KeyGroup.count)
    for key in gone {
      let (group, arrival) = TaskChanges.parts(key)
      removals[Int(group)].append(arrival)
    }
    for group in 0..<KeyGroup.count {
      let write = { [declaration] (rows: Batch) in
        try writer.write(
          StateBlock(
            state: declaration.name, scope: .keyGroup(KeyGroup(UInt16(group))), rows: rows))
      }
      var gone = removals[group][...]
      while !gone.isEmpty {
        try write(removal(gone.prefix(Batch.rowLimit)))
        gone = gone.dropFirst(Batch.rowLimit)
      }
      var rest = kept[group].sorted { entry($0).arrival < entry($1).arrival }[...]
      while !rest.isEmpty {
        let part = rest.prefix(bound(rest))
        rest = rest[part.endIndex...]
        try write(block(part))
      }
    }
  }

  /// A task's entry by its place among the tasks, which in pages is its number.
  private func entry(_ place: UInt32) -> TaskEntry {
    switch tasks {
    case .all(let pages):
      pages[Int(place >> TaskStore.pageShift)][Int(place & TaskStore.pageMask)]
    case .some(let entries): entries[Int(place)].entry
    }
  }

  private func number(_ place: UInt32) -> UInt32 {
    if case .some(let entries) = tasks { entries[Int(place)].number } else { place }
  }

  private func byKeyGroup() -> [[UInt32]] {
    var groups = [[UInt32]](repeating: [], count: KeyGroup.count)
    switch tasks {
    case .all(let pages):
      for (page, entries) in pages.enumerated() {
        for (place, entry) in entries.enumerated() where entry.phase != .gone {
          groups[Int(entry.group)].append(
            UInt32(truncatingIfNeeded: page << Int(TaskStore.pageShift) + place))
        }
      }
    case .some(let entries):
      for (place, task) in entries.enumerated() {
        groups[Int(task.entry.group)].append(UInt32(truncatingIfNeeded: place))
      }
    }
    return groups
  }

  /// How many of the tasks until their texts make a batch.
  private func bound(_ tasks: ArraySlice<UInt32>) -> Int {
    var bytes = 0
    for (count, place) in tasks.prefix(Batch.rowLimit).enumerated() {
      let entry = entry(place)
      guard let rows = batches[Int(entry.piece)] else { continue }
      for column in rows.columns where column.type.isText && column.isValid(Int(entry.row)) {
        bytes += column.textBytes(Int(entry.row))
      }
      bytes += outcomes[number(place)]?.count ?? 0
      if bytes >= TextLimit.batchBytes { return count + 1 }
    }
    return min(tasks.count, Batch.rowLimit)
  }

  private func removal(_ arrivals: ArraySlice<UInt64>) -> Batch {
    let key = ColumnBuilder(.int, capacity: arrivals.count)
    for arrival in arrivals { key.append(int: Int64(bitPattern: arrival)) }
    let others = declaration.schema.fields.dropFirst().map { Column.blank($0, arrivals.count) }
    let rows = Batch(
      schema: declaration.schema, columns: [key.finish()] + others, rowCount: arrivals.count)
    rows.hidden.rowKinds = .repeating(RowKind.delete.rawValue, .int, rowCount: arrivals.count)
    return rows
  }

  private func block(_ tasks: ArraySlice<UInt32>) -> Batch {
    var parts: [UInt32: UInt32] = [:]
    var rows: [Batch] = []
    let places = tasks.compactMap { place -> PartPlace? in
      let entry = entry(place)
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
    let builders = (0..<10).map { ColumnBuilder(fields[$0].type, capacity: tasks.count) }
    for place in tasks {
      let entry = entry(place)
      builders[0].append(int: Int64(bitPattern: entry.arrival))
      builders[3].append(int: entry.due)
      builders[4].append(int: entry.started)
      builders[5].append(int: Int64(entry.attempts))
      builders[6].append(int: Int64(entry.doubt.rawValue))
      builders[7].append(int: Int64(entry.questions))
      if let error = firstErrors[number(place)] {
        builders[8].append(string: error)
      } else {
        builders[8].appendNull()
      }
      if let outcome = outcomes[number(place)] {
        outcome.withUnsafeBufferPointer { builders[9].append(text: $0) }
      } else {
        builders[9].appendNull()
      }
    }
    let tags = [hidden.lanes, hidden.places].enumerated().map { place, column in
      column ?? .blank(fields[place + 1], tasks.count)
    }
    return [builders[0].finish()] + tags + builders[3...].map { $0.finish() }
  }
}
