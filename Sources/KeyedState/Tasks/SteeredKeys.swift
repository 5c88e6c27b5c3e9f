package import Columns
package import Schemas

/// What a table says of the tasks of each of its keys, where that is not what goes for keys of
/// which it has no row: they run, or where a row is required they wait for one.
///
/// All workers have the same, so one of them writes it into checkpoints. A delta has the keys that
/// changed, and one of which nothing is said any more as one without a row. Not thread-safe.
package struct SteeredKeys {
  package struct Order: Hashable, Sendable {
    /// `awaited`: there is no row, and one is required.
    package enum State: Int64, Sendable { case running, paused, cancelled, awaited }

    package var state = State.running
    /// Calls in a second at most; nil: as many as the task's limits let go.
    package var rate: Double?

    package init(state: State = .running, rate: Double? = nil) {
      self.state = state
      self.rate = rate
    }
  }

  /// Where the columns of a table lie.
  package struct Places: Sendable {
    package var key: Int
    package var state: Int
    package var rate: Int?
    /// Says that a row deletes its key; nil: none does.
    package var deleted: Int?

    package init(key: Int, state: Int, rate: Int? = nil, deleted: Int? = nil) {
      self.key = key
      self.state = state
      self.rate = rate
      self.deleted = deleted
    }
  }

  /// Of keys that are a `string` or an `int`.
  private let type: DataType
  private let table: String
  private let keys: LookupKeys
  private var orders: [LookupKey: Order] = [:]
  private var changed: Set<LookupKey> = []
  /// Of keys without a row.
  private let unsaid: Order

  /// `isRequired`: tasks of a key without a row wait for one.
  package init(_ type: DataType, of table: String, isRequired: Bool = false) {
    self.type = type
    self.table = table
    unsaid = Order(state: isRequired ? .awaited : .running)
    keys = LookupKeys([type])
  }

  package subscript(key: LookupKey) -> Order { orders[key] ?? unsaid }

  /// Keys of which something is said.
  package var steered: some Collection<LookupKey> { orders.keys }

  /// Takes rows of the table; the keys of which they say something else than was said.
  package mutating func take(_ rows: Batch, _ places: Places) -> [LookupKey] {
    let rows = rows.gathered()
    let states = rows.columns[places.state]
    var told: [LookupKey] = []
    for (row, key) in keys.keys(of: [rows.columns[places.key]], rowCount: rows.rowCount)
      .enumerated()
    {
      guard let key else { continue }
      var order = unsaid
      if !(places.deleted.map { rows.columns[$0].bool(row) } ?? false) {
        order.state = states.isValid(row) ? Self.state(states.string(row)) : .paused
        order.take(rate: places.rate.map { rows.columns[$0] }, row)
      }
      if set(key, order) { told.append(key) }
    }
    return told
  }

  /// Takes all rows that there are; the keys of which they say something else than was said.
  package mutating func replace(with tables: [Batch], _ places: Places) -> [LookupKey] {
    let old = orders
    orders = [:]
    for rows in tables { _ = take(rows, places) }
    return Set(old.keys).union(orders.keys).filter { old[$0] != orders[$0] }
  }

  /// Whoever means to stop tasks and misspells it has them stopped.
  private static func state(_ word: String) -> Order.State {
    switch word {
    case "running": .running
    case "cancelled": .cancelled
    default: .paused
    }
  }

  private mutating func set(_ key: LookupKey, _ order: Order) -> Bool {
    guard self[key] != order else { return false }
    orders[key] = order == unsaid ? nil : order
    changed.insert(key)
    return true
  }
}

extension SteeredKeys.Order {
  /// None is one for all times; none at all, or what is no number, lets nothing go.
  fileprivate mutating func take(rate column: Column?, _ row: Int) {
    guard let column, column.isValid(row) else { return }
    let (values, place) = column.entry(row)
    let rate = values.float(place)
    if rate > 0 {
      self.rate = rate
    } else if state == .running {
      state = .paused
    }
  }
}

// In checkpoints.
extension SteeredKeys {
  package static let stateName = "steering"

  package var declaration: StateDeclaration {
    StateDeclaration(
      name: Self.stateName, kind: .replicated,
      schema: Schema([
        Field("key", type), Field("state", .int), Field("rate", .float, nullable: true),
      ]), keyColumns: 0, parameters: "by \(table)\(unsaid == Order() ? "" : " required")")
  }

  /// All that is said, or where `isDelta` what changed since the last snapshot.
  package mutating func snapshot(isDelta: Bool) -> [StateBlock] {
    let written = isDelta ? Array(changed) : Array(orders.keys)
    changed = []
    let state = declaration
    return stride(from: 0, to: written.count, by: Batch.rowLimit).map { start in
      let part = written[start..<min(start + Batch.rowLimit, written.count)]
      return StateBlock(
        state: state.name, scope: .whole, rows: rows(part, state.schema))
    }
  }

  private func rows(_ keys: ArraySlice<LookupKey>, _ schema: Schema) -> Batch {
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: keys.count) }
    for key in keys {
      switch key {
      case .number(let number): builders[0].append(int: number)
      case .bytes(let bytes): builders[0].append(string: String(decoding: bytes, as: UTF8.self))
      }
      let order = self[key]
      builders[1].append(int: order.state.rawValue)
      if let rate = order.rate {
        builders[2].append(float: rate)
      } else {
        builders[2].appendNull()
      }
    }
    return Batch(
      schema: schema, columns: builders.map { $0.finish() }, rowCount: keys.count)
  }

  package mutating func restore(_ rows: Batch) {
    let rows = rows.gathered()
    let found = keys.keys(of: [rows.columns[0]], rowCount: rows.rowCount)
    for (row, key) in found.enumerated() {
      guard let key else { continue }
      let rate = rows.columns[2].isValid(row) ? rows.columns[2].float(row) : nil
      let state = Order.State(rawValue: rows.columns[1].int(row)) ?? .paused
      _ = set(key, Order(state: state, rate: rate))
    }
  }
}
