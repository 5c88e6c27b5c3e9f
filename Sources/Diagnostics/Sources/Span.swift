/// Which of a compilation's files a span lies in.
package struct FileID: Hashable, Sendable {
  package var index: UInt32

  package init(_ index: UInt32) {
    self.index = index
  }
}

/// A range of bytes `[start, end)` in one source file.
package struct Span: Hashable, Sendable {
  package var start: UInt32
  package var end: UInt32
  package var file: FileID

  package init(_ start: Int, _ end: Int, in file: FileID) {
    self.start = UInt32(clamping: start)
    self.end = UInt32(clamping: max(start, end))
    self.file = file
  }

  package var count: Int { Int(end) - Int(start) }
  package var range: Range<Int> { Int(start)..<Int(end) }

  /// The empty span where this one begins, for what ought to stand before it.
  package var before: Span { Span(Int(start), Int(start), in: file) }

  /// The empty span where this one ends, for what ought to stand after it.
  package var after: Span { Span(Int(end), Int(end), in: file) }

  /// The smallest span that holds both. Both lie in the same file.
  package func joined(_ other: Span) -> Span {
    Span(
      Int(min(start, other.start)), Int(max(end, other.end)), in: file)
  }

  package func contains(_ other: Span) -> Bool {
    file == other.file && start <= other.start && other.end <= end
  }
}
