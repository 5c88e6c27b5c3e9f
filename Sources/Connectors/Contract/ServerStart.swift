import Platform

/// How long the start of a run waits for the servers that it will ask and call: for all of them
/// together, since those that are not there often are not for one reason.
package struct ServerStart: Sendable {
  /// Microseconds that it waits.
  private static let patience: UInt64 = 60_000_000
  /// Microseconds between two tries.
  private static let pause: Int64 = 250_000

  private let environment: ConnectorEnvironment?
  /// For servers so far, in microseconds.
  private var waited: UInt64 = 0

  package init(in environment: ConnectorEnvironment?) { self.environment = environment }

  /// `start`, again as long as nobody answers and patience lasts; tells what it waits for. A stop
  /// cuts it short. `place`: "table `users`".
  package mutating func wait(
    as place: String, _ start: () throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    guard let environment else { return try start() }
    let began = environment.clock.monotonic()
    var hasTold = false
    defer { if hasTold { environment.waits(place, nil) } }
    while true {
      do throws(ConnectorError) {
        try start()
        if hasTold { waited += (environment.clock.monotonic() &- began) / 1_000 }
        return
      } catch {
        let more = (environment.clock.monotonic() &- began) / 1_000
        guard error.kind == .unreachable, waited + more < Self.patience else {
          waited += more
          throw error
        }
        if !hasTold {
          hasTold = true
          environment.notify("\(error.message); waiting for it")
          environment.waits(place, "its server")
        }
        guard !environment.stop.wait(microseconds: Self.pause) else {
          throw ConnectorError(.retriable, "\(place): stopped while it waited for its server")
        }
      }
    }
  }
}
