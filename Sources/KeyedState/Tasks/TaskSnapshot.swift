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
      var rest = kept[group][...]
      while !rest.isEmpty {
        let members = members(rest.prefix(Batch.rowLimit))
        let part = members.prefix(bound(members))
        rest = rest.dropFirst(part.count)
        try write(block(part))
      }
    }
  }

  /// A task with its number.
  private struct Member {
    var number: UInt32
    var entry: TaskEntry
  }

  /// Tasks by their places, which in pages are their numbers.
  private func members(_ places: ArraySlice<UInt32>) -> [Member] {
    switch tasks {
    case .all(let pages):
      places.map { place in
        Member(
          number: place,
          entry: pages[Int(place >> TaskStore.pageShift)][Int(place & TaskStore.pageMask)])
      }
    case .some(let entries):
      places.map { place in
        Member(number: entries[Int(place)].number, entry: entries[Int(place)].entry)
      }
    }
  }

  /// The places of the tasks of each key group, in the order in which they came.
  private func byKeyGroup() -> [[UInt32]] {
    var groups = [[UInt32]](repeating: [], count: KeyGroup.count)
    var isInOrder = [Bool](repeating: true, count: KeyGroup.count)
    var last = [UInt64](repeating: 0, count: KeyGroup.count)
    func add(_ entry: TaskEntry, _ place: Int) {
      let group = Int(entry.group)
      groups[group].append(UInt32(truncatingIfNeeded: place))
      isInOrder[group] = isInOrder[group] && last[group] <= entry.arrival
      last[group] = entry.arrival
    }
    switch tasks {
    case .all(let pages):
      for (page, entries) in pages.enumerated() {
        for (place, entry) in entries.enumerated() where entry.phase != .gone {
          add(entry, page << Int(TaskStore.pageShift) + place)
        }
      }
    case .some(let entries):
      for (place, task) in entries.enumerated() { add(task.entry, place) }
    }
    // Numbers of tasks that are gone are given again, so that they may lie in another order.
    for group in 0..<KeyGroup.count where !isInOrder[group] { sort(&groups[group]) }
    return groups
  }

  private func sort(_ places: inout [UInt32]) {
    let arrivals = zip(places, members(places[...])).map { ($1.entry.arrival, $0) }
    places = arrivals.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// How many of the tasks until their texts make a batch.
  private func bound(_ tasks: [Member]) -> Int {
    let texts = input.fields.indices.filter { input.fields[$0].type.isText }
    guard !texts.isEmpty || !outcomes.isEmpty else { return tasks.count }
    var bytes = 0
    for (count, task) in tasks.enumerated() {
      guard let rows = batches[Int(task.entry.piece)] else { continue }
      let row = Int(task.entry.row)
      for text in texts where rows.columns[text].isValid(row) {
        bytes += rows.columns[text].textBytes(row)
      }
      bytes += outcomes[task.number]?.count ?? 0
      if bytes >= TextLimit.batchBytes { return count + 1 }
    }
    return tasks.count
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

  private func block(_ tasks: ArraySlice<Member>) -> Batch {
    var parts: [UInt32: UInt32] = [:]
    var rows: [Batch] = []
    let places = tasks.compactMap { task -> PartPlace? in
      let entry = task.entry
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

  private func facts(_ tasks: ArraySlice<Member>, _ hidden: HiddenColumns) -> [Column] {
    let fields = declaration.schema.fields
    func ints(_ type: DataType = .int, _ value: (TaskEntry) -> Int64) -> Column {
      let builder = ColumnBuilder(type, capacity: tasks.count)
      for task in tasks { builder.append(int: value(task.entry)) }
      return builder.finish()
    }
    func tags(_ column: Column?, _ place: Int) -> Column {
      column ?? .blank(fields[place], tasks.count)
    }
    return [
      ints { Int64(bitPattern: $0.arrival) }, tags(hidden.lanes, 1), tags(hidden.places, 2),
      ints(fields[3].type) { $0.due }, ints(fields[4].type) { $0.started },
      ints { Int64($0.attempts) }, ints { Int64($0.doubt.rawValue) }, ints { Int64($0.questions) },
      firstErrors(of: tasks, fields[8]), outcomes(of: tasks, fields[9]),
    ]
  }

  private func firstErrors(of tasks: ArraySlice<Member>, _ field: Field) -> Column {
    guard !firstErrors.isEmpty else { return .blank(field, tasks.count) }
    let builder = ColumnBuilder(field.type, capacity: tasks.count)
    for task in tasks {
      if let error = firstErrors[task.number] {
        builder.append(string: error)
      } else {
        builder.appendNull()
      }
    }
    return builder.finish()
  }

  private func outcomes(of tasks: ArraySlice<Member>, _ field: Field) -> Column {
    guard !outcomes.isEmpty else { return .blank(field, tasks.count) }
    let builder = ColumnBuilder(field.type, capacity: tasks.count)
    for task in tasks {
      if let outcome = outcomes[task.number] {
        outcome.withUnsafeBufferPointer { builder.append(text: $0) }
      } else {
        builder.appendNull()
      }
    }
    return builder.finish()
  }
}
