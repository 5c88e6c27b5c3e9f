package import Connectors
import KeyedState
package import Plans
import Platform
import Schemas

/// Reads a table anew at its interval, on a thread of its own: one that is slow to be read keeps no
/// other one waiting. Where it can't be read it stays as it was, and that is told.
final class TableRefresh: Sendable {
  private let spec: TableSpec
  /// Microseconds.
  private let interval: Int64
  private let shared: SharedTable
  private let environment: ConnectorEnvironment
  private let connect: TableConnection
  private let ended = StopToken()

  init(
    _ spec: TableSpec, every interval: Int64, _ shared: SharedTable,
    _ environment: ConnectorEnvironment, _ connect: @escaping TableConnection
  ) {
    self.spec = spec
    self.interval = max(interval, 1)
    self.shared = shared
    self.environment = environment
    self.connect = connect
  }

  func start() {
    let thread = SystemThread(name: "raudal-refresh", detached: true) { [self] in run() }
    if thread == nil {
      environment.notify("no thread is left to read \(spec.place) anew: it stays as it is")
    }
  }

  /// What is under way ends, and is nobody's.
  func end() { ended.stop() }

  private func run() {
    var state = Reading(at: environment.clock.now())
    while !ended.wait(microseconds: interval) { read(&state) }
  }

  private struct Reading {
    /// When it was read as it is.
    var at: Timestamp
    var hasFailed = false
  }

  private func read(_ state: inout Reading) {
    let began = environment.clock.now()
    do throws(ConnectorError) {
      shared.replace(with: try .load(spec, from: connect(spec)))
      if state.hasFailed { environment.notify("\(spec.place) is read again") }
      state = Reading(at: began)
    } catch {
      let time = TimeRendering.timestamp(state.at.microseconds)
      environment.notify("\(error.message); \(spec.place) stays as it was at \(time)")
      state.hasFailed = true
    }
  }
}

/// Connects a table once more, to be read whole.
package typealias TableConnection =
  @Sendable (TableSpec) throws(ConnectorError) -> any Source
