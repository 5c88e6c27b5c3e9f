import Platform

/// How long the start of a run waits for the servers that it will ask and call.
package enum ServerStart {
  /// Microseconds that it waits for one.
  private static let patience: UInt64 = 60_000_000
  /// Microseconds between two tries.
  private static let pause: Int64 = 250_000

  /// `start`, again as long as nobody answers and patience lasts; tells what it waits for. A stop
  /// cuts it short. `place`: "table `users`".
  package static func wait(
    in environment: ConnectorEnvironment?, as place: String,
    _ start: () throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    guard let environment else { return try start() }
    let began = environment.clock.monotonic()
    var hasTold = false
    defer { if hasTold { environment.waits(place, nil) } }
    while true {
      do throws(ConnectorError) {
        return try start()
      } catch {
        let waited = (environment.clock.monotonic() &- began) / 1_000
        guard error.kind == .unreachable, waited < patience else { throw error }
        if !hasTold {
          hasTold = true
          environment.notify("\(error.message); waiting for it")
          environment.waits(place, "its server")
        }
        guard !environment.stop.wait(microseconds: pause) else {
          throw ConnectorError(.retriable, "\(place): stopped while it waited for its server")
        }
      }
    }
  }
}
