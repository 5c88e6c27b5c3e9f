import Columns
import KeyedState
import Plans
import Schemas

/// The hours of the day in which a task's calls may begin, in the zones of those who wait.
struct TaskHours {
  private struct Zone {
    var rules: TimeZoneRules
    var isOpen: Bool
    /// Until then it is as it is.
    var until: Timestamp
  }

  /// Of the stage's input.
  let column: String
  private let hours: DailyHours
  private var zones: [LookupKey: Zone] = [:]
  /// Names of which it is known that they are no zone's; so many at most.
  private var unknown: Set<LookupKey> = []
  private static let mostUnknown = 1024

  init(_ spec: TaskSpec.Hours) {
    column = spec.zone
    hours = DailyHours(from: spec.from, until: spec.until)
  }

  /// When the first of the zones opens or closes.
  private(set) var nextChange: Timestamp?

  /// Whether calls may begin in a zone; nil: there is none of that name.
  mutating func isOpen(_ name: LookupKey, at now: Timestamp) -> Bool? {
    if let zone = zones[name] { return zone.isOpen }
    guard case .bytes(let bytes) = name, !unknown.contains(name) else { return nil }
    guard let rules = TimeZoneRules.named(String(decoding: bytes, as: UTF8.self)) else {
      if unknown.count < Self.mostUnknown { unknown.insert(name) }
      return nil
    }
    let zone = zone(rules, at: now)
    zones[name] = zone
    nextChange = min(nextChange ?? zone.until, zone.until)
    return zone.isOpen
  }

  private func zone(_ rules: TimeZoneRules, at now: Timestamp) -> Zone {
    let until = hours.nextChange(after: now.microseconds, in: rules)
    return Zone(
      rules: rules, isOpen: hours.contain(now.microseconds, in: rules),
      until: Timestamp(microseconds: until))
  }

  /// The zones that have opened or closed by now.
  mutating func changes(at now: Timestamp) -> [(name: LookupKey, isOpen: Bool)] {
    guard let nextChange, nextChange <= now else { return [] }
    var changes: [(name: LookupKey, isOpen: Bool)] = []
    for (name, old) in zones where old.until <= now {
      let zone = zone(old.rules, at: now)
      zones[name] = zone
      if zone.isOpen != old.isOpen { changes.append((name, zone.isOpen)) }
    }
    self.nextChange = zones.values.lazy.map(\.until).min()
    return changes
  }
}
