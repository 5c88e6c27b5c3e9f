public import Schemas

/// A declared task as one stage executes it: `task send_email using http { … }`.
///
/// What a call says (`options`) and what its limits go by are columns of the stage's input: the
/// planner computes them in front of it. Times are in microseconds; bounds are those of the whole
/// pipeline, not of one worker.
public struct TaskSpec: Hashable, Sendable, Codable {
  /// At most so many calls begin in a second: a token bucket, for all tasks or for each value.
  public struct Rate: Hashable, Sendable, Codable {
    /// Calls a second.
    public var rate: Double
    /// Calls that may begin at once after a time without any.
    public var burst: Int
    /// Whose values have a bucket each; nil: one for all.
    public var per: String?

    public init(rate: Double, burst: Int, per: String? = nil) {
      self.rate = rate
      self.burst = burst
      self.per = per
    }
  }

  /// At most so many calls are under way.
  public struct Concurrency: Hashable, Sendable, Codable {
    public var calls: Int
    /// With how many it begins, where it follows the server up to `calls`; nil: it stands.
    public var first: Int?
    public var per: String?

    public init(calls: Int, from first: Int? = nil, per: String? = nil) {
      self.calls = calls
      self.first = first
      self.per = per
    }
  }

  /// Which calls are made again, and when.
  public struct Retry: Hashable, Sendable, Codable {
    /// How an attempt ended.
    public enum Outcome: Hashable, Sendable, Codable {
      case status(Int)
      /// 4 or 5: all of `4xx` or `5xx`.
      case statusClass(Int)
      /// No answer in time.
      case timeout
      /// The call never reached its server.
      case connect
      /// The connection ended in the middle, or what came was no answer.
      case broken
      /// An answer of GraphQL that holds errors.
      case errors
    }

    /// Calls for a task at most, the first among them.
    public var attempts = 5
    /// Before the second attempt at most so long (full jitter); doubled before each further one.
    public var backoff: Int64 = 200_000
    public var longestBackoff: Int64 = 60_000_000
    public var on: [Outcome] = [.status(429), .statusClass(5), .timeout, .connect, .broken]
    /// Calls that are made again are at most so large a share of first calls; nil: of any.
    public var budget: Double?

    public init() {}
  }

  /// What becomes of a task of which a crash has left unknown whether it was sent; with `verify`
  /// also where a call ended without an answer.
  public enum Doubt: String, Hashable, Sendable, Codable {
    /// It is sent again, with the same idempotency key.
    case resend
    /// It ends as failed, `outcome unknown`: a person decides.
    case hold
    /// The server is asked whether it was done, as the client's option `verify` says.
    case verify
  }

  /// When calls may begin: by the clock of a place from one minute of its day until before
  /// another, which may be one of the next day.
  public struct Hours: Hashable, Sendable, Codable {
    /// Minutes of the day; the second is 1440 at most.
    public var from: Int
    public var until: Int
    /// A `string` column: the place's zone.
    public var zone: String

    public init(from: Int, until: Int, zone: String) {
      self.from = from
      self.until = until
      self.zone = zone
    }

    /// So long of a day no call begins.
    public var closedSeconds: Double { Double((from - until + 1440) % 1440 * 60) }
  }

  public var name: String
  /// That of a `TaskKind`: `http`, `kafka`.
  public var kind: String
  /// Those of its client; columns of the input stand in them as `.key`.
  public var options: [Option]
  /// Columns that are read from an answer.
  public var response: [DecodedColumn]
  /// The column that says which task this is, over restarts too, and goes with every call.
  public var idempotencyKey: String
  public var rates: [Rate]
  public var concurrency: [Concurrency]
  public var timeout: Int64
  public var retry: Retry
  public var breaker: LookupPolicy.Breaker?
  public var doubt: Doubt
  /// Tasks of one value are done one after the other, in the order in which they came.
  public var orderedBy: String?
  /// Values share what there is of calls evenly, whatever each has waiting.
  public var fairBy: String?
  /// How many shares a task's value has, an `int` column; nil: one.
  public var weight: String?
  /// Among the tasks of a value the greater goes first, an `int` column.
  public var priority: String?
  /// Not before this time, a `timestamp` column; null: at once.
  public var dueAt: String?
  /// nil: around the clock.
  public var hours: Hours?

  public init(
    name: String, kind: String, options: [Option], response: [DecodedColumn] = [],
    idempotencyKey: String, rates: [Rate] = [], concurrency: [Concurrency] = [],
    timeout: Int64 = TaskSpec.usualTimeout, retry: Retry = Retry(),
    breaker: LookupPolicy.Breaker? = nil, doubt: Doubt = .resend
  ) {
    self.name = name
    self.kind = kind
    self.options = options
    self.response = response
    self.idempotencyKey = idempotencyKey
    self.rates = rates
    self.concurrency = concurrency
    self.timeout = timeout
    self.retry = retry
    self.breaker = breaker
    self.doubt = doubt
  }

  public static let usualTimeout: Int64 = 10_000_000
  /// Calls under way where nothing is said.
  public static let usualConcurrency = 64
  /// Of all tasks, where only values have a bound.
  public static let mostConcurrency = 1_024
  /// Calls under way that a bound may let there be.
  public static let mostCalls = 65_536
  /// The header with the idempotency key, where no other is said.
  public static let usualIdempotencyHeader = "Idempotency-Key"
}

extension TaskSpec {
  /// What every outcome says, in front of the columns of the response.
  public static let outcomeFields = [
    // The answer in a number: of HTTP its status, of a program how it ended; null: there was none.
    Field("status", .int, nullable: true),
    Field("attempts", .int),
    Field("first_error", .string, nullable: true),
    Field("error", .string, nullable: true),
    // From the first attempt until the last answer.
    Field("latency", .duration, nullable: true),
  ]

  /// The columns of an outcome. Those of the response may be null: a task may fail.
  public var outcomeFields: [Field] {
    Self.outcomeFields
      + response.map { Field($0.field.name, $0.field.type, nullable: true) }
  }

  /// The column by which the rows of a stage come to their worker.
  public var keyColumn: String { orderedBy ?? idempotencyKey }
}
