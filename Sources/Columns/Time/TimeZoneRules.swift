import Glibc
import Synchronization

/// How far a place's clocks were, are and will be from UTC: the IANA database as the system has it
/// (TZif files, RFC 8536), or a fixed offset.
package final class TimeZoneRules: Sendable {
  /// Where zones are read from.
  package static let directory = "/usr/share/zoneinfo"

  package static let utc = TimeZoneRules(fixed: 0, "UTC")

  /// As it was asked for.
  let name: String

  /// Ascending moments in seconds since 1970, and the offset from each on, in seconds east.
  private let moments: [Int64]
  private let offsets: [Int64]
  private let names: [String]
  private let initialOffset: Int64
  private let initialName: String
  private let ruleNames: [String]
  /// What holds behind the last moment.
  private let rule: TimeZoneRule?

  private init(fixed offset: Int64, _ name: String) {
    self.name = name
    moments = []
    offsets = []
    names = []
    initialOffset = offset
    initialName = name
    ruleNames = []
    rule = nil
  }

  private init(_ file: TimeZoneFile, _ name: String) {
    self.name = name
    moments = file.moments
    offsets = file.offsets
    names = file.names
    initialOffset = file.initialOffset
    initialName = file.initialName
    ruleNames = file.ruleNames
    rule = file.rule
  }

  private static let known = Mutex<[String: TimeZoneRules]>([:])

  /// The zone of an IANA name, of one of `places`, `UTC`, `Z` or an offset such as `+02:00` and
  /// `GMT-08:00`; nil where there is none. Reads a file the first time.
  package static func named(_ name: String) -> TimeZoneRules? {
    if name == "UTC" || name == "Z" || name == "GMT" { return utc }
    if let offset = fixedOffset(name) { return TimeZoneRules(fixed: offset, name) }
    if let zone = known.withLock({ $0[name] }) { return zone }
    guard isPlausible(name), let bytes = read(directory + "/" + (places[name] ?? name)),
      let file = TimeZoneFile(bytes)
    else { return nil }
    let zone = TimeZoneRules(file, places[name] ?? name)
    known.withLock { $0[name] = zone }
    return zone
  }

  /// A name cannot leave the directory.
  private static func isPlausible(_ name: String) -> Bool {
    guard let first = name.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else {
      return false
    }
    return !name.contains("..")
      && name.utf8.allSatisfy { byte in
        let letter = byte | 0x20
        return letter >= 0x61 && letter <= 0x7A || byte >= 0x30 && byte <= 0x39
          || "/_+-".utf8.contains(byte)
      }
  }

  /// The whole file; nil where it can't be read or is no small file.
  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    let limit = 1 << 20
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = fread(&bytes, 1, limit, file)
    guard count > 0, count < limit else { return nil }
    return Array(bytes.prefix(count))
  }

  /// Seconds east of UTC at a moment in seconds since 1970. O(log transitions).
  package func offset(at moment: Int64) -> Int64 {
    switch place(of: moment) {
    case .before: initialOffset
    case .index(let index): offsets[index]
    case .rule: rule?.offset(at: moment) ?? initialOffset
    }
  }

  /// What clocks here are called at a moment in seconds since 1970: `CET`, `CEST`.
  func abbreviation(at moment: Int64) -> String {
    switch place(of: moment) {
    case .before: initialName
    case .index(let index): names[index]
    case .rule: ruleNames[rule?.isSummer(at: moment) == true ? 1 : 0]
    }
  }

  private enum Place {
    case before, index(Int), rule
  }

  @inline(__always)
  private func place(of moment: Int64) -> Place {
    if moments.isEmpty { return rule == nil ? .before : .rule }
    if moment < moments[0] { return .before }
    if rule != nil, moment >= moments[moments.count - 1] { return .rule }
    var low = 0
    var high = moments.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if moments[middle] <= moment { low = middle } else { high = middle }
    }
    return .index(low)
  }

  /// The offset that a clock showing `local` (seconds since 1970 as if in UTC) has. Where clocks
  /// were put back the earlier moment is meant; where they were put forward, a time that no clock
  /// showed moves on by the gap. As in java.time.
  package func offset(atLocal local: Int64) -> Int64 {
    let before = offset(at: local &- 86_400)
    let after = offset(at: local &+ 86_400)
    if before == after || offset(at: local &- before) == before { return before }
    return offset(at: local &- after) == after ? after : before
  }

  /// The microseconds since 1970 that a clock here shows, as if it stood in UTC.
  package func local(_ micros: Int64) -> Int64 {
    let offset = offset(at: CivilCalendar.quotient(micros, 1_000_000))
    return micros &+ offset &* 1_000_000
  }

  /// The moment at which a clock here shows `local`; nil outside of what timestamps hold.
  package func moment(ofLocal local: Int64) -> Int64? {
    let offset = offset(atLocal: CivilCalendar.quotient(local, 1_000_000))
    let (micros, over) = local.subtractingReportingOverflow(offset * 1_000_000)
    return over ? nil : micros
  }
}
