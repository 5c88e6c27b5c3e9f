/// One row of each key in a time span: the first that comes, or the last in event time.
///
/// First: a row is left out if a row of its key went on whose event time is less than `span` away.
/// Last: of the rows in event-time order the first begins a span, and so does the next that is
/// `span` or more behind it; the last row of each span goes on.
public struct DedupeSpec: Hashable, Sendable, Codable {
  public var keys: [Expression]
  /// Microseconds, at least 1.
  public var span: Int64
  public var keepsLast: Bool

  public init(keys: [Expression], span: Int64, keepsLast: Bool = false) {
    self.keys = keys
    self.span = span
    self.keepsLast = keepsLast
  }

  /// How far behind the watermark a row may be and still be judged, for keys are remembered that
  /// much longer: a quarter of the span.
  public static func allowance(of span: Int64) -> Int64 { max(1, span / 4) }
}
