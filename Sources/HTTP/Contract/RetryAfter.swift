import CCurl
import Glibc

/// The header `Retry-After`: for how long a server wants to be left alone.
package enum RetryAfter {
  /// A day: longer is not believed.
  package static let limit: Int64 = 86_400_000_000

  /// Microseconds from `now` (seconds since 1970) on, of seconds or an HTTP date in any of its
  /// three forms; nil: it is neither.
  package static func delay(_ text: String, now: Int64) -> Int64? {
    let trimmed = text.drop { $0 == " " || $0 == "\t" }
    let digits = trimmed.prefix { $0 >= "0" && $0 <= "9" }
    let rest = trimmed[digits.endIndex...]
    if !digits.isEmpty, rest.allSatisfy({ $0 == " " || $0 == "\t" }) {
      return (Int64(digits) ?? .max) > limit / 1_000_000
        ? limit : (Int64(digits) ?? 0) * 1_000_000
    }
    let date = Int64(curl_getdate(String(trimmed), nil))
    guard date >= 0 else { return nil }
    return min(max(date - now, 0), limit / 1_000_000) * 1_000_000
  }

  /// Of a response that wanted the header.
  package static func delay(of response: HTTPResponse) -> Int64? {
    response.headers["retry-after"].flatMap { delay($0, now: Int64(time(nil))) }
  }
}
