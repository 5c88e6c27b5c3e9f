package import Connectors
import KeyedState
package import Plans
import Platform
import Schemas

/// Reads tables anew, each at its interval, on a thread of its own. One that can't be read stays as
/// it was, and that is told.
final class TableRefresh: Sendable {
  struct Table: Sendable {
    var spec: TableSpec
    /// Nanoseconds.
    var interval: UInt64
    var shared: SharedTable
  }

  private let tables: [Table]
  private let environment: ConnectorEnvironment
  private let connect: TableConnection
  private let ended = StopToken()

  init(
    _ tables: [Table], _ environment: ConnectorEnvironment, _ connect: @escaping TableConnection
  ) {
    self.tables = tables
    self.environment = environment
    self.connect = connect
  }

  func start() {
    let thread = SystemThread(name: "raudal-refresh", detached: true) { [self] in run() }
    if thread == nil {
      environment.notify("no thread is left to read tables anew: they stay as they are")
    }
  }

  /// What is under way ends, and is nobody's.
  func end() { ended.stop() }

  private func run() {
    let clock = environment.clock
    var due = tables.map { clock.monotonic() &+ $0.interval }
    var states = tables.map { _ in Reading(at: clock.now()) }
    while let next = due.indices.min(by: { due[$0] < due[$1] }) {
      let now = clock.monotonic()
      let wait = due[next] > now ? Int64((due[next] - now) / 1_000) + 1 : 0
      if ended.wait(microseconds: wait) { return }
      read(tables[next], &states[next])
      due[next] = clock.monotonic() &+ tables[next].interval
    }
  }

  private struct Reading {
    /// When it was read as it is.
    var at: Timestamp
    var hasFailed = false
  }

  private func read(_ table: Table, _ state: inout Reading) {
    let began = environment.clock.now()
    do throws(ConnectorError) {
      table.shared.replace(with: try .load(table.spec, from: connect(table.spec)))
      if state.hasFailed { environment.notify("\(table.spec.place) is read again") }
      state = Reading(at: began)
    } catch {
      let time = TimeRendering.timestamp(state.at.microseconds)
      environment.notify("\(error.message); \(table.spec.place) stays as it was at \(time)")
      state.hasFailed = true
    }
  }
}

/// Connects a table once more, to be read whole.
package typealias TableConnection =
  @Sendable (TableSpec) throws(ConnectorError) -> any Source
