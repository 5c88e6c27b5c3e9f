/// One row of each key in a time span: the first that comes.
///
/// A row is left out if a row of its key went on whose event time is less than `span` away.
public struct DedupeSpec: Hashable, Sendable, Codable {
  public var keys: [Expression]
  /// Microseconds, at least 1.
  public var span: Int64

  public init(keys: [Expression], span: Int64) {
    self.keys = keys
    self.span = span
  }

  /// How far behind the watermark a row may be and still be judged, for keys are remembered that
  /// much longer: a quarter of the span.
  public static func allowance(of span: Int64) -> Int64 { max(1, span / 4) }
}
