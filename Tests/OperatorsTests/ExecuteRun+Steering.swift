import Columns
import KeyedState
import Plans
import Schemas
import TestKit

@testable import Operators

// A table that pauses, slows down and cancels the tasks of tenants.
extension ExecuteRun {
  struct Order: Hashable {
    var tenant: Int64
    /// nil: the row is deleted.
    var state: String?
    var rate: Double?
  }

  static let table = Schema([
    Field("tenant", .int), Field("state", .string, nullable: true),
    Field("rate", .float, nullable: true), Field("$deleted", .bool, hidden: true),
  ])

  static func steering(comesAsStream: Bool, isRequired: Bool) throws -> TaskSteering {
    try TaskSteering(
      PhysicalSteering(
        table: "tenants", key: "tenant", tableKey: "tenant", state: "state", rate: "rate",
        deleted: "$deleted", loaded: nil, isReadFirst: !comesAsStream, isRequired: isRequired),
      input: table, loaded: nil, OperatorID("s.execute"))
  }

  /// Rows of the table come to all workers.
  func tell(_ orders: [Order]) throws {
    guard !orders.isEmpty else { return }
    for stage in stages {
      let rows = orders.map { order -> [Cell] in
        [
          .int(order.tenant), order.state.map(Cell.text) ?? .null,
          order.rate.map(Cell.float) ?? .null, .bool(order.state == nil),
        ]
      }
      try stage.process(Batch(Self.table, rows), input: 1)
    }
  }

  /// All that was in the table has come.
  func readTable() throws {
    for (op, stage) in zip(ops, stages) {
      precondition(op.isFull, "rows come before the table is read")
      op.tableIsRead()
      try stage.wallTime(stage.context.clock)
      precondition(!op.isFull)
    }
  }

  /// Tasks of a tenant whose intents are on their way, so that their calls leave whatever is said.
  func beginning(of tenant: Int64) -> Set<Int64> {
    var found: Set<Int64> = []
    for op in ops {
      for task in 0..<op.store.numberBound where op.store[task].phase == .beginning {
        guard op.store.int(3, of: task) == tenant, let n = op.store.int(1, of: task) else {
          continue
        }
        found.insert(n)
      }
    }
    return found
  }
}
