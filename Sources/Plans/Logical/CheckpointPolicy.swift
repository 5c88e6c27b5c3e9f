/// How often a pipeline makes its state durable.
public struct CheckpointPolicy: Hashable, Sendable, Codable {
  /// Microseconds between checkpoints.
  public var interval: Int64
  /// How many committed checkpoints are kept.
  public var keep: Int

  public init(interval: Int64 = 10_000_000, keep: Int = 3) {
    self.interval = interval
    self.keep = keep
  }
}
