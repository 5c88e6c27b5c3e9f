/// Which rows `sample` keeps: by their values, so that a row that is read again after a crash is
/// kept again, or left out again, at any parallelism.
public struct SampleSpec: Hashable, Sendable, Codable {
  /// Between 0 and 1.
  public var share: Double
  /// The columns whose values decide: the visible ones where the stage stands, whatever becomes of
  /// them behind it.
  public var columns: [String]
  /// Of the stage, so that two samples of one stream choose independently.
  public var salt: UInt64

  /// `stage` salts the choice.
  public init(share: Double, columns: [String], stage: String) {
    self.share = share
    self.columns = columns
    salt = TextDigest.of(stage)
  }
}
