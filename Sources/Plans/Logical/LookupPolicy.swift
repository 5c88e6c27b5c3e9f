public import Schemas

/// How a table elsewhere is asked: what `enrich` does between a row and its answer.
///
/// Times are in microseconds; bounds are those of one worker's stage.
public struct LookupPolicy: Hashable, Sendable, Codable {
  public struct Breaker: Hashable, Sendable, Codable {
    /// The share of failed calls at which it opens.
    public var openAt: Double
    /// Among so many last calls.
    public var of: Int
    /// For so long no call is made.
    public var duration: Int64

    public init(openAt: Double = 0.5, of: Int = 20, duration: Int64 = 10_000_000) {
      self.openAt = openAt
      self.of = of
      self.duration = duration
    }
  }

  public struct Cache: Hashable, Sendable, Codable {
    /// Keys that are kept, with a row or known to have none.
    public var rows: Int
    /// Bytes of their rows at most.
    public var bytes: Int
    /// For so long an answer counts as it is.
    public var fresh: Int64
    /// For so long after that it is still given, while it is asked for anew.
    public var stale: Int64

    public init(
      rows: Int = Cache.usualRows, bytes: Int = Cache.usualBytes, fresh: Int64, stale: Int64 = 0
    ) {
      self.rows = rows
      self.bytes = bytes
      self.fresh = fresh
      self.stale = stale
    }

    public static let usualRows = 100_000
    public static let usualBytes = 256 << 20
  }

  /// What a row gets in place of an answer; columns that it does not name are null.
  public struct Fallback: Hashable, Sendable, Codable {
    public struct Value: Hashable, Sendable, Codable {
      public var column: String
      public var value: Literal

      public init(column: String, value: Literal) {
        self.column = column
        self.value = value
      }
    }

    public var values: [Value]

    public init(_ values: [Value] = []) { self.values = values }
  }

  /// Keys of one call at most.
  public var batch = 64
  /// For so long a call waits for further keys.
  public var within: Int64 = 2_000
  /// Calls under way at most.
  public var concurrency = 4
  public var timeout: Int64 = 5_000_000
  /// Calls for one batch of keys at most, the first among them.
  public var attempts = 3
  /// Before the second attempt at most so long; doubled before each further one.
  public var backoff: Int64 = 100_000
  public var longestBackoff: Int64 = 10_000_000
  public var breaker: Breaker?
  public var cache: Cache?
  public var fallback: Fallback?
  /// Rows leave in the order in which they came.
  public var isOrdered = true
  /// A row that is read again behind a restart gets the answer that it had: answers are written
  /// down before they leave. nil: the planner decides.
  public var isStable: Bool?
  /// Whether a row that is read again has the event time that it had.
  public var hasLastingTimes = true

  public init() {}
}

extension LookupPolicy {
  /// Whether a server can be asked for keys of the type: they have one text that both know.
  public static func takesKeys(of type: DataType) -> Bool {
    switch type {
    case .string, .int, .bool, .decimal, .date, .timestamp: true
    default: false
    }
  }
}
