import ArgumentParser
import Platform
import Schemas

/// How many events are generated, how fast, and at what times.
struct EventPace: ParsableArguments {
  static let usualRate: Int64 = 10_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Events a second; 0 for as fast as it goes.", valueName: "N"))
  var rate = usualRate

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Ends after so many seconds.", valueName: "N"))
  var seconds: Int64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Ends after so many events.", valueName: "N"))
  var count: Int64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Time of the first event, in milliseconds since 1970; then times follow the rate.",
      valueName: "MS"))
  var start: Int64?

  @Option(help: ArgumentHelp("Another seed gives other events.", valueName: "N"))
  var seed: UInt64 = 1

  /// Numbers that no pace has.
  func validateNumbers() throws {
    for (option, value) in [("rate", rate), ("seconds", seconds ?? 0), ("count", count ?? 0)]
    where value < 0 {
      throw ValidationError("--\(option) is 0 or more, not \(value)")
    }
  }

  /// Whether an end is said.
  var ends: Bool { seconds != nil || count != nil }

  /// Calls `make` with the number of each event and its time, in microseconds since 1970. Returns
  /// how many there were.
  func produce(
    until signals: StopSignals, _ make: (_ ordinal: UInt64, _ time: Int64) throws -> Void
  ) throws -> Int64 {
    let clock = SystemClock()
    let began = clock.now().microseconds
    let limit = min(count ?? .max, seconds.map { rate == 0 ? .max : $0 * rate } ?? .max)
    // Times that are made up need no waiting for.
    let isPaced = rate > 0 && start == nil
    var written: Int64 = 0
    while written < limit {
      let elapsed = clock.now().microseconds - began
      if !isPaced, let seconds, elapsed >= seconds * 1_000_000 { break }
      let due = isPaced ? elapsed * rate / 1_000_000 : written + 1000
      while written < min(due, limit) {
        let time = start.map { $0 * 1000 + written * 1_000_000 / max(rate, 1) }
        try make(UInt64(written), time ?? clock.now().microseconds / 1000 * 1000)
        written += 1
      }
      if signals.wait(milliseconds: isPaced ? 2 : 0) == .stop { break }
    }
    return written
  }
}
