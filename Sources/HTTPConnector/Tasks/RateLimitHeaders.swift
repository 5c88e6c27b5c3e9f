import Glibc
import HTTP

/// What a server says of the rate that it takes, besides `Retry-After`: how many calls are left,
/// and when there will be more.
///
/// Source: the IETF draft "RateLimit header fields for HTTP", in its form with one header for each
/// figure, and the `X-` names that services used before it.
enum RateLimitHeaders {
  private static let families = ["ratelimit", "x-ratelimit", "x-rate-limit"].map {
    (remaining: "\($0)-remaining", reset: "\($0)-reset")
  }

  /// How names of theirs, and `Retry-After`, begin.
  private static let beginnings: [StaticString] = ["retry-after", "ratelimit", "x-rate"]

  static let names = families.flatMap { [$0.remaining, $0.reset] } + ["retry-after"]

  /// Longer is a point in time: seconds since 1970.
  private static let longest: Int64 = 100_000_000

  /// Microseconds for which the server should be left alone; nil where it says nothing of that.
  static func pause(_ response: HTTPResponse, now: Int64 = Int64(time(nil))) -> Int64? {
    guard response.headers.hasName(beginningWith: beginnings) else { return nil }
    if let delay = RetryAfter.delay(of: response) { return delay }
    for family in families {
      guard response.headers[family.remaining].flatMap({ Int64($0) }) == 0,
        let reset = response.headers[family.reset].flatMap({ Double($0) }), reset.isFinite
      else { continue }
      let seconds = reset > Double(longest) ? reset - Double(now) : reset
      return min(Int64(max(min(seconds, 1e6), 0) * 1_000_000), RetryAfter.limit)
    }
    return nil
  }
}
