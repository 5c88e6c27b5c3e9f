/// What is known beside of a session that tells results more than once.
struct SessionTelling: BitwiseCopyable {
  struct Marks: OptionSet, BitwiseCopyable {
    let rawValue: Int64

    /// A result was told.
    static let told = Marks(rawValue: 1)
    /// The watermark has passed its end.
    static let closed = Marks(rawValue: 2)
    /// It has something to tell.
    static let changed = Marks(rawValue: 4)
    /// Its rows are another session's now, and a result of it is to be taken back.
    static let absorbed = Marks(rawValue: 8)
    /// It has the rows of one that had told.
    static let absorbing = Marks(rawValue: 16)
    /// It has ended, or goes, and tells with the next watermark.
    static let due = Marks(rawValue: 32)
    /// It takes no rows any more, and goes once it has told.
    static let leaving = Marks(rawValue: 64)
  }

  /// The times of the first and the last row of what was told.
  var start: Int64 = 0
  var last: Int64 = 0
  /// The time of its first row in the last snapshot.
  var saved: Int64 = 0
  /// The session of its key that ended before it began.
  var older = SessionTable.none
  var marks: Marks = []

  /// The mark of an end, and that it is due if there is something to tell.
  func ending(_ mark: Marks) -> Marks { marks.contains(.changed) ? [mark, .due] : [mark] }
}
