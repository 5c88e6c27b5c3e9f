internal import Columns
internal import Schemas

/// Where windows lie in time: [start, start + size) for every start that is `offset` + a multiple
/// of `slide`, before 1970 too. All in microseconds.
///
/// With a zone they lie so by its clock: slices and windows are known by what the clock shows at
/// their start, as if it stood in UTC, and a day when it is put forward or back is shorter or
/// longer. An hour that the clock shows twice is one.
///
/// A row is put into one slice of gcd(size, slide), whatever the overlap; a window is a run of
/// slices. Of tumbling windows slice and window are the same.
///
/// Cumulative windows begin together every `size` and end `slide` after each other, so they are
/// known by the start of their last slice instead of their own; the others by their own start.
package struct WindowGrid: Sendable {
  package let size: Int64
  package let slide: Int64
  package let offset: Int64
  package let slice: Int64
  package let isCumulative: Bool
  /// The name of the zone whose clock they follow; nil: UTC.
  package let zone: String?
  private let rules: TimeZoneRules?

  /// Sizes below 1 µs count as 1. Nil where there is no such zone.
  package init?(
    size: Int64, slide: Int64, offset: Int64, zone: String, isCumulative: Bool = false
  ) {
    guard let rules = TimeZoneRules.named(zone) else { return nil }
    self.init(
      size: size, slide: slide, offset: offset, isCumulative: isCumulative, zone: zone,
      rules: rules)
  }

  /// By UTC.
  package init(size: Int64, slide: Int64, offset: Int64, isCumulative: Bool = false) {
    self.init(
      size: size, slide: slide, offset: offset, isCumulative: isCumulative, zone: nil, rules: nil)
  }

  private init(
    size: Int64, slide: Int64, offset: Int64, isCumulative: Bool, zone: String?,
    rules: TimeZoneRules?
  ) {
    self.isCumulative = isCumulative
    self.zone = zone
    self.rules = rules
    self.size = max(size, 1)
    self.slide = max(slide, 1)
    self.slice = Self.greatestDivisor(self.size, self.slide)
    self.offset = offset % (isCumulative ? self.size : self.slide)
  }

  package var isTumbling: Bool { size == slide }

  /// What the grid's clock shows at a moment; nil where it is UTC and shows the moment itself.
  var clock: ((Int64) -> Int64)? {
    guard let rules else { return nil }
    return { rules.local(min(max($0, .min / 2), .max / 2)) }
  }

  /// The start of the slice that holds a time of the clock. Times beyond 146,000 years count as
  /// that.
  func sliceStart(_ time: Int64) -> Int64 {
    aligned(min(max(time, .min / 2), .max / 2), slice)
  }

  /// The first window that holds a slice.
  func firstWindow(_ slice: Int64) -> Int64 {
    isCumulative ? slice : aligned(slice &- size, slide) &+ slide
  }

  /// The last window that holds a slice; before the first where windows leave gaps.
  func lastWindow(_ slice: Int64) -> Int64 {
    isCumulative ? start(slice) &+ size &- slide : aligned(slice, slide)
  }

  /// The start of a window by the clock, which is that of its first slice.
  func start(_ window: Int64) -> Int64 { isCumulative ? aligned(window, size) : window }

  /// The first window that a watermark, which is a moment, leaves open; `Int64.min` where it has
  /// closed none.
  func firstOpen(_ watermark: Int64) -> Int64 {
    if watermark <= .min / 2 { return .min }
    if watermark >= .max / 2 { return .max }
    return firstOpen(clock: rules?.leastLocal(from: watermark) ?? watermark)
  }

  /// The first window that is open when the clock has come to a time; `Int64.min` where it has
  /// closed none.
  func firstOpen(clock time: Int64) -> Int64 {
    if time <= .min / 2 { return .min }
    return aligned(time &- (isCumulative ? slide : size), slide) &+ slide
  }

  /// What the clock shows at least from a watermark on.
  func clockTime(_ watermark: Timestamp) -> Timestamp {
    let time = min(max(watermark.microseconds, .min / 2), .max / 2)
    return Timestamp(microseconds: rules?.leastLocal(from: time) ?? time)
  }

  /// The end of a window by the clock.
  func end(_ window: Int64) -> Int64 { window &+ (isCumulative ? slide : size) }

  /// The moment when a window begins.
  func startMoment(_ window: Int64) -> Int64 {
    let start = start(window)
    return rules?.firstMoment(ofLocal: start) ?? start
  }

  /// The moment when a window ends, which a watermark must reach to close it.
  func endMoment(_ window: Int64) -> Int64 {
    rules?.lastMoment(ofLocal: end(window)) ?? end(window)
  }

  /// Whether the clock was put forward so that a window is not to be told from a neighbour: it
  /// begins when the next one does, or, of cumulative ones, ends when the one before does. There is
  /// no such window then; the longer one, or the earlier, stands for both. No row has such a window
  /// for its last, but for a cumulative one's end.
  func isSkipped(_ window: Int64) -> Bool {
    guard rules != nil, !isTumbling else { return false }
    guard isCumulative else { return startMoment(window) == startMoment(window &+ slide) }
    return window > start(window) && endMoment(window) == endMoment(window &- slide)
  }

  /// The largest offset + multiple of `step` that is not after `time`.
  private func aligned(_ time: Int64, _ step: Int64) -> Int64 {
    let distance = time &- offset
    let rest = distance % step
    return distance &- (rest < 0 ? rest &+ step : rest) &+ offset
  }

  private static func greatestDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
