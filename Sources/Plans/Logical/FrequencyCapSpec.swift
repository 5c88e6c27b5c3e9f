/// At most so many rows of a key in any span of time.
public struct FrequencyCap: Hashable, Sendable, Codable {
  public var count: Int64
  /// Microseconds.
  public var span: Int64

  public init(count: Int64, span: Int64) {
    self.count = count
    self.span = span
  }
}

/// Lets rows pass in event-time order, each if all caps allow it; the others are its output
/// `capped`.
public struct FrequencyCapSpec: Hashable, Sendable, Codable {
  /// For each row that is looked at so many are at most, and each key keeps their times.
  public static let mostRows: Int64 = 10_000
  public static let mostCaps = 8

  public var keys: [Expression]
  public var caps: [FrequencyCap]

  public init(keys: [Expression], caps: [FrequencyCap]) {
    self.keys = keys
    self.caps = caps
  }
}
