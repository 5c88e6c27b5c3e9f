import Glibc

/// What a run shows of itself for `raudal why`, as it stands in `status.json`. Times are
/// microseconds since 1970, spans microseconds or nanoseconds as they say; of several workers the
/// sums.
struct StatusReport: Codable {
  struct Checkpoint: Codable {
    var id: UInt64
    var at: Int64
    var bytes: Int
  }

  struct Source: Codable {
    /// As the definition names it.
    var source: String
    /// `source:topic[number]`
    var partition: String
    /// The next record's offset.
    var position: Int64
    /// nil before its first row, and of a source without event time.
    var watermark: Int64?
    /// Since when the watermark has stood there, to the second.
    var since: Int64
    /// Microseconds that rows may be out of order by.
    var lateness: Int64
    var hasTime: Bool
    var isIdle: Bool
    var hasEnded: Bool
    /// Records not yet read, where that is known.
    var backlog: Int64?

    /// Whether others wait for it.
    var isLive: Bool { hasTime && !isIdle && !hasEnded }
  }

  struct Window: Codable {
    var start: Int64
    var end: Int64
    /// Keys: of a first phase, whose workers may have the same ones, those of the worker that has
    /// the most.
    var groups: Int
    /// Whether there may be more, for phases or workers may have others.
    var mayHaveMore: Bool?
    /// Rows that came since the run began to read.
    var rows: Int64
  }

  struct HotKey: Codable {
    /// Its columns as JSON.
    var key: String
    /// Of the stage's rows, by those that were looked at where it comes.
    var share: Double
    var samples: Int
  }

  /// Of a stage that asks the outside world.
  struct Calls: Codable {
    var sent: Int64
    var failed: Int64
    var hits: Int64
    var misses: Int64
    var refused: Int64
    var underWay: Int64
    /// Calls that may be, where their bound follows who is called.
    var bound: Int64?
    /// Workers that make no call at present, because too many failed.
    var open: Int
    /// Until when there is nothing left of a budget, in microseconds; that may be past.
    var budgetUntil: Int64?
    /// Answered calls, and how long all together took, in microseconds.
    var answered: Int64
    var latency: Int64
    /// Of a model that is counted in tokens: those that it read and wrote, and what they cost.
    var tokensRead: Int64?
    var tokensWritten: Int64?
    var cost: Double?
  }

  /// Of a stage that asks a model, one version of it.
  struct Version: Codable {
    var name: String
    var isShadow: Bool
    var calls: Int64
    var rows: Int64
    var failed: Int64
    /// Rows whose answer was in the cache.
    var hits: Int64?
    /// How long all calls together took, in microseconds.
    var latency: Int64
    /// How many scores there were, and their sum.
    var scores: Int64
    var scoreSum: Double
    var drifts: [Drift]?
  }

  /// How far an output's last values are from its baseline, where there are enough.
  struct Drift: Codable {
    var output: String
    var index: Double
  }

  struct Step: Codable {
    var id: String
    var isSource: Bool
    /// As the definition has it: phases of one stage have one name.
    var stage: String
    /// The sources whose rows come to it.
    var sources: [String]
    var rowsIn: Int64
    var rowsOut: Int64
    var late: Int64
    var greatestLateness: Int64
    var failed: Int64
    var unmatched: Int64
    var busyNanoseconds: Int64
    var windows: [Window]
    var keys: Int?
    var waitingRows: Int?
    /// Of a stage that executes a task: its name, those that wait to be called again, and how many
    /// of them are of which key of the table that steers them.
    var task: String?
    var retries: Int?
    var retriesOfKeys: [String: Int]?
    /// Those of whose keys a table has no row, and must have one; the table, and one of the keys.
    var rowless: Int?
    var rowlessTable: String?
    var rowlessKey: String?
    /// Open sessions, and when the first of them ends, where it ends by time.
    var sessions: Int?
    var sessionEnd: Int64?
    var hottest: HotKey?
    var calls: Calls?
    var versions: [Version]?
  }

  struct Wait: Codable {
    /// Who waits, and for what.
    var place: String
    var what: String
    var since: Int64
  }

  /// A run writes each second; behind so many microseconds it does not any more.
  private static let silence: Int64 = 5_000_000

  /// Whether the run that wrote it goes on.
  func isRunning(at now: Int64) -> Bool {
    let isAlive = kill(process, 0) == 0 || errno == EPERM
    return ![Self.ended, Self.failed].contains(phase) && now - at < Self.silence && isAlive
  }

  static let currentVersion = 3
  /// Phases of a run that is over.
  static let (ended, failed) = ("ended", "failed")

  var version = StatusReport.currentVersion
  var pipeline: String
  var process: Int32
  /// When the process began to run the pipeline.
  var began: Int64
  /// When it was written.
  var at: Int64
  /// starting, running, recovering, ended or failed.
  var phase: String
  var restarts: Int
  var lastFailure: String?
  var failedAt: Int64?
  /// What connectors wait for.
  var waits: [Wait]
  var checkpoint: Checkpoint?
  /// When sources and operators were read; nil: no run has come to that.
  var readAt: Int64?
  /// Since when their rows are counted.
  var countedSince: Int64?
  /// Whether they are this process's; else the run before left them.
  var isOwn: Bool
  var sources: [Source]
  /// In the order of the plan.
  var operators: [Step]
}
