import KeyedState
import Schemas

// What calls and limits say to each other.
extension TaskLimits {
  /// Where a call takes its shares: of each limit, rates first, a bucket.
  struct Shares: Hashable, Sendable {
    var buckets: [Int]
  }

  /// A key of a table that steers tasks.
  struct SteeredKey: Hashable, Sendable {
    var table: String
    var key: LookupKey
  }

  enum Answer: Equatable {
    case taken(opening: Int)
    /// No call may begin at all until then; nil: until the worker's bell.
    case stalled(until: Timestamp?)
    /// None of this limit's bucket.
    case blocked(bucket: Int, until: Timestamp?)
  }

  /// How a call ended.
  struct End {
    var shares: Shares
    var opening: Int
    /// Whether its server is not as it should be; nil: nobody was asked.
    var isFailure: Bool?
    /// Microseconds for which the server wants to be left alone.
    var retryAfter: Int64
    /// What it says to bounds that follow the server.
    var sample: AdaptiveBound.Sample?
  }
}
