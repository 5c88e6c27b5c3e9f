import Glibc
import Synchronization

/// How far a place's clocks were, are and will be from UTC: the IANA database as the system has it
/// (TZif files, RFC 8536), or a fixed offset.
package final class TimeZoneRules: Sendable {
  /// Where zones are read from.
  package static let directory = "/usr/share/zoneinfo"

  package static let utc = TimeZoneRules(fixed: 0)

  /// Ascending moments in seconds since 1970, and the offset from each on, in seconds east.
  private let moments: [Int64]
  private let offsets: [Int64]
  private let initialOffset: Int64
  /// What holds behind the last moment.
  private let rule: TimeZoneRule?

  private init(fixed offset: Int64) {
    moments = []
    offsets = []
    initialOffset = offset
    rule = nil
  }

  private init(_ file: TimeZoneFile) {
    moments = file.moments
    offsets = file.offsets
    initialOffset = file.initialOffset
    rule = file.rule
  }

  private static let known = Mutex<[String: TimeZoneRules]>([:])

  /// The zone of an IANA name, `UTC`, `Z` or an offset such as `+02:00`; nil where there is none.
  /// Reads a file the first time.
  package static func named(_ name: String) -> TimeZoneRules? {
    if name == "UTC" || name == "Z" || name == "GMT" { return utc }
    if let offset = fixedOffset(name) { return TimeZoneRules(fixed: offset) }
    if let zone = known.withLock({ $0[name] }) { return zone }
    guard isPlausible(name), let bytes = read(directory + "/" + name),
      let file = TimeZoneFile(bytes)
    else { return nil }
    let zone = TimeZoneRules(file)
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

  private static func fixedOffset(_ name: String) -> Int64? {
    var text = Array(name.utf8)
    guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return nil
    }
    text.removeFirst()
    text.removeAll { $0 == UInt8(ascii: ":") }
    guard text.count == 2 || text.count == 4, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      return nil
    }
    let digits = text.map { Int64($0 - 0x30) }
    let hours = digits[0] * 10 + digits[1]
    let minutes = digits.count == 4 ? digits[2] * 10 + digits[3] : 0
    guard hours <= 18, minutes <= 59 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return sign == UInt8(ascii: "-") ? -seconds : seconds
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
    if moments.isEmpty || moment < moments[0] {
      return moments.isEmpty ? rule?.offset(at: moment) ?? initialOffset : initialOffset
    }
    if let rule, moment >= moments[moments.count - 1] { return rule.offset(at: moment) }
    var low = 0
    var high = moments.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if moments[middle] <= moment { low = middle } else { high = middle }
    }
    return offsets[low]
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
