/// Pieces to text: a group stays on one line if it fits there with what is stuck to its end.
struct LayoutRenderer {
  private enum Mode {
    case flat, broken, filling
  }

  private struct Line {
    var code = ""
    var comment: String?
  }

  private let pieces: [LayoutPiece]
  private let width: Int
  /// The width of all pieces before each, on one line; so of any range of them.
  private var before: [Int]
  /// How many hard lines are before each.
  private var hardBefore: [Int]
  /// What is stuck to each piece: the width up to the next place where a line may end.
  private var tail: [Int]
  /// Of a group its end; of a line the next line of its group, or the group's end.
  private var next: [Int]

  private var lines: [Line] = [Line()]
  private var column = 0
  private var indentation = 0

  /// O(pieces).
  init(_ pieces: [LayoutPiece], width: Int) {
    self.pieces = pieces
    self.width = width
    let count = pieces.count
    before = [Int](repeating: 0, count: count + 1)
    hardBefore = before
    tail = before
    next = [Int](repeating: count, count: count + 1)
    measure()
    connect()
  }

  private mutating func measure() {
    for (place, piece) in pieces.enumerated() {
      before[place + 1] = before[place] + Self.flatWidth(piece)
      hardBefore[place + 1] = hardBefore[place]
      if case .hardLine = piece { hardBefore[place + 1] += 1 }
    }
    for place in pieces.indices.reversed() {
      switch pieces[place] {
      case .line, .hardLine, .trailing: tail[place] = 0
      case .text(let text): tail[place] = Self.width(text) + tail[place + 1]
      case .flatText, .open, .close, .indent, .outdent: tail[place] = tail[place + 1]
      }
    }
  }

  private mutating func connect() {
    var groups: [Int] = []
    var lastLines: [Int?] = [nil]
    for (place, piece) in pieces.enumerated() {
      switch piece {
      case .open:
        groups.append(place)
        lastLines.append(nil)
      case .close:
        if let line = lastLines.removeLast() { next[line] = place }
        next[groups.removeLast()] = place
      case .line, .hardLine:
        if let line = lastLines[lastLines.count - 1] { next[line] = place }
        lastLines[lastLines.count - 1] = place
      default: break
      }
    }
  }

  private static func flatWidth(_ piece: LayoutPiece) -> Int {
    switch piece {
    case .text(let text), .flatText(let text), .line(flat: let text, _): width(text)
    case .hardLine, .trailing, .open, .close, .indent, .outdent: 0
    }
  }

  /// Of a text of many lines what its first and last line need.
  static func width(_ text: String) -> Int {
    guard text.utf8.contains(UInt8(ascii: "\n")) else { return text.count }
    let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    return max(parts.first?.count ?? 0, parts.last?.count ?? 0)
  }
}

// MARK: - Writing

extension LayoutRenderer {
  consuming func text() -> String {
    var modes: [Mode] = [.broken]
    for (place, piece) in pieces.enumerated() {
      let mode = modes[modes.count - 1]
      switch piece {
      case .text(let text): write(text)
      case .flatText(let text): if mode == .flat { write(text) }
      case .line(let flat, let hasBlank):
        if mode == .broken || mode == .filling && !fitsUpToNext(place, flat) {
          endLine(hasBlank)
        } else {
          write(flat)
        }
      case .hardLine(let hasBlank): endLine(hasBlank)
      case .trailing(let comment): lines[lines.count - 1].comment = comment
      case .open(let group): modes.append(self.mode(of: group, at: place, in: mode))
      case .close: modes.removeLast()
      case .indent: indentation += 2
      case .outdent: indentation -= 2
      }
    }
    return joined()
  }

  private func mode(of group: LayoutGroup, at place: Int, in outer: Mode) -> Mode {
    let end = next[place]
    let isHard = hardBefore[end] > hardBefore[place]
    let needed = before[end] - before[place] + tail[end]
    if outer == .flat || !isHard && start + needed <= width { return .flat }
    return group == .fill ? .filling : .broken
  }

  private func fitsUpToNext(_ place: Int, _ flat: String) -> Bool {
    let end = next[place]
    guard end < pieces.count else { return true }
    var needed = before[end] - before[place]
    if case .close = pieces[end] { needed += tail[end] }
    return start + needed <= width
  }

  /// Where the next text will begin.
  private var start: Int { column == 0 ? indentation : column }

  private mutating func write(_ text: String) {
    guard !text.isEmpty else { return }
    if column == 0 {
      lines[lines.count - 1].code = String(repeating: " ", count: indentation)
      column = indentation
    }
    lines[lines.count - 1].code += text
    if let lineEnd = text.lastIndex(of: "\n") {
      column = max(1, text[text.index(after: lineEnd)...].count)
    } else {
      column += text.count
    }
  }

  private mutating func endLine(_ hasBlank: Bool) {
    lines.append(Line())
    if hasBlank { lines.append(Line()) }
    column = 0
  }

  /// Comments behind the lines one below the other begin in one column.
  private consuming func joined() -> String {
    var text = ""
    var place = 0
    while place < lines.count {
      let end = endOfRun(from: place)
      let column = lines[place..<end].map { Self.lastWidth($0.code) }.max() ?? 0
      for line in lines[place..<end] {
        text += line.code
        if let comment = line.comment {
          let gap = line.code.isEmpty ? 0 : column - Self.lastWidth(line.code) + 2
          text += String(repeating: " ", count: gap) + comment
        }
        text += "\n"
      }
      place = end
    }
    let rest = text.trailingLineEnds
    return rest == text.utf8.count ? "" : String(text.dropLast(max(0, rest - 1)))
  }

  /// Lines with comments behind them and one indentation; else one line alone.
  private func endOfRun(from place: Int) -> Int {
    guard let indentation = indentationOfItem(place) else { return place + 1 }
    var end = place + 1
    while end < lines.count, indentationOfItem(end) == indentation { end += 1 }
    return end
  }

  /// Of a line with a comment behind it that does more than to close a block.
  private func indentationOfItem(_ place: Int) -> Int? {
    guard lines[place].comment != nil else { return nil }
    let code = lines[place].code
    let indentation = code.prefix { $0 == " " }.count
    return code.dropFirst(indentation).first == "}" ? nil : indentation
  }

  private static func lastWidth(_ code: String) -> Int {
    code.lastIndex(of: "\n").map { code[code.index(after: $0)...].count } ?? code.count
  }
}

extension String {
  fileprivate var trailingLineEnds: Int {
    utf8.reversed().prefix { $0 == UInt8(ascii: "\n") }.count
  }
}
