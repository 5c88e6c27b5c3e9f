import Platform

extension LookupClient {
  /// Microseconds that a start waits for a server.
  private static var patience: UInt64 { 60_000_000 }
  /// Microseconds between two tries.
  private static var pause: Int64 { 250_000 }

  /// `start`, again as long as nobody answers and patience lasts; tells what it waits for. A stop
  /// cuts it short. `place`: "table `users`".
  package func start(
    waitingIn environment: ConnectorEnvironment?, as place: String
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
        guard error.kind == .unreachable, waited < Self.patience else { throw error }
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
