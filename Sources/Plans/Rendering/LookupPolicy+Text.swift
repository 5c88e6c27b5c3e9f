extension LookupPolicy {
  /// All that holds, written or not.
  public var line: String {
    var parts = [
      "batch \(batch) within \(TimeRendering.duration(within))", "concurrency \(concurrency)",
      "timeout \(TimeRendering.duration(timeout))", "attempts \(attempts)",
    ]
    if attempts > 1 {
      let (first, longest) = (
        TimeRendering.duration(backoff), TimeRendering.duration(longestBackoff)
      )
      parts.append("backoff \(first) up to \(longest)")
    }
    if let breaker { parts.append(breaker.text) }
    if let cache {
      let stale = cache.stale > 0 ? ", stale for \(TimeRendering.duration(cache.stale)) more" : ""
      let bytes = cache.bytes == LookupPolicy.Cache.usualBytes ? "" : " of \(cache.bytes) bytes"
      parts.append(
        "cache \(cache.rows) rows\(bytes) for \(TimeRendering.duration(cache.fresh))\(stale)")
    }
    if let fallback {
      let names = fallback.values.map(\.column)
      parts.append("fallback \(names.isEmpty ? "nulls" : names.joined(separator: ", "))")
    }
    return "asked: \(parts.joined(separator: "; "))\(isOrdered ? "" : "; in any order")"
      + (isStable ?? false ? "; answers are written down" : "")
  }
}

extension LookupPolicy.Breaker {
  var text: String {
    let share = (openAt * 1_000).rounded() / 10
    return "breaker open at \(share)% of \(of) for \(TimeRendering.duration(duration))"
  }
}
