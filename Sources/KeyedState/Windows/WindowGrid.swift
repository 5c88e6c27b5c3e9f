/// Where windows lie in time: [start, start + size) for every start that is `offset` + a multiple
/// of `slide`, before 1970 too. All in microseconds.
///
/// A row is put into one slice of gcd(size, slide), whatever the overlap; a window is a run of
/// slices. Of tumbling windows slice and window are the same.
package struct WindowGrid: Hashable, Sendable {
  package let size: Int64
  package let slide: Int64
  package let offset: Int64
  package let slice: Int64

  /// Sizes below 1 µs count as 1.
  package init(size: Int64, slide: Int64, offset: Int64) {
    self.size = max(size, 1)
    self.slide = max(slide, 1)
    self.slice = Self.greatestDivisor(self.size, self.slide)
    self.offset = offset % self.slide
  }

  package var isTumbling: Bool { size == slide }

  /// The start of the slice that holds a time. Times beyond 146,000 years count as that.
  func sliceStart(_ time: Int64) -> Int64 {
    aligned(min(max(time, .min / 2), .max / 2), slice)
  }

  /// The first window that holds a slice.
  func firstWindow(_ slice: Int64) -> Int64 { aligned(slice &- size, slide) &+ slide }

  /// The last window that holds a slice; before the first where windows leave gaps.
  func lastWindow(_ slice: Int64) -> Int64 { aligned(slice, slide) }

  /// The first window that a watermark leaves open; `Int64.min` where it has closed none.
  func firstOpen(_ watermark: Int64) -> Int64 {
    if watermark <= .min / 2 { return .min }
    if watermark >= .max / 2 { return .max }
    return aligned(watermark &- size, slide) &+ slide
  }

  /// The end of a window, which a watermark must reach to close it.
  func end(_ start: Int64) -> Int64 { start &+ size }

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
