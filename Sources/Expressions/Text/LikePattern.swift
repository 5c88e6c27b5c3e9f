import Columns

/// SQL's `like`, prepared: `%` stands for any text, `_` for one code point, a backslash takes the
/// meaning from what follows.
struct LikePattern {
  enum Piece: Equatable {
    case text([UInt8])
    case one
  }

  /// What stands between the `%`, in order. A text matches if the first stands at its start, the
  /// last at its end, and the others in between one after the other, each as early as it can.
  private let runs: [[Piece]]

  init(_ pattern: String) {
    var runs: [[Piece]] = []
    var run: [Piece] = []
    var text: [UInt8] = []
    func closeText() {
      if !text.isEmpty { run.append(.text(text)) }
      text = []
    }
    var escapes = false
    for scalar in pattern.unicodeScalars {
      switch scalar {
      case _ where escapes:
        // A backslash before anything but `%`, `_` and itself stands for itself.
        if !"%_\\".unicodeScalars.contains(scalar) { text.append(UInt8(ascii: "\\")) }
        text += Array(String(scalar).utf8)
        escapes = false
      case "\\": escapes = true
      case "%":
        closeText()
        runs.append(run)
        run = []
      case "_":
        closeText()
        run.append(.one)
      default: text += Array(String(scalar).utf8)
      }
    }
    if escapes { text.append(UInt8(ascii: "\\")) }
    closeText()
    runs.append(run)
    self.runs = runs
  }

  /// O(text × pattern) at worst; the common shapes are one search.
  func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard var at = end(of: runs[0], in: text, at: 0) else { return false }
    if runs.count == 1 { return at == text.count }
    for run in runs[1..<(runs.count - 1)] where !run.isEmpty {
      guard let next = firstEnd(of: run, in: text, from: at) else { return false }
      at = next
    }
    return endsWith(runs[runs.count - 1], text, notBefore: at)
  }

  /// Where the run ends if it stands at that byte.
  private func end(of run: [Piece], in text: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
    var at = start
    for piece in run {
      switch piece {
      case .text(let bytes):
        guard at + bytes.count <= text.count else { return nil }
        for (i, byte) in bytes.enumerated() where text[at + i] != byte { return nil }
        at += bytes.count
      case .one:
        guard at < text.count else { return nil }
        at += 1
        while at < text.count, !CodePoints.isFirst(text[at]) { at += 1 }
      }
    }
    return at
  }

  private func firstEnd(
    of run: [Piece], in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    if case .text(let bytes)? = run.first, run.count == 1 {
      return bytes.withUnsafeBufferPointer {
        CodePoints.find($0, in: text, from: start).map { $0 + bytes.count }
      }
    }
    var at = start
    while at <= text.count {
      if let end = end(of: run, in: text, at: at) { return end }
      at += 1
      while at < text.count, !CodePoints.isFirst(text[at]) { at += 1 }
    }
    return nil
  }

  /// Walks the last run backwards from the end.
  private func endsWith(
    _ run: [Piece], _ text: UnsafeBufferPointer<UInt8>, notBefore bound: Int
  ) -> Bool {
    var at = text.count
    for piece in run.reversed() {
      switch piece {
      case .text(let bytes): at -= bytes.count
      case .one:
        at -= 1
        while at > 0, !CodePoints.isFirst(text[at]) { at -= 1 }
      }
      guard at >= bound else { return false }
    }
    return end(of: run, in: text, at: at) == text.count
  }
}

/// The node of `like`.
struct Like: ValueFunction {
  private let pattern: LikePattern
  private var texts: TextReader?

  init(_ pattern: LikePattern) { self.pattern = pattern }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> UInt8? {
    texts.map { pattern.matches($0[row]) ? 1 : 0 }
  }
}
