import Diagnostics

/// What lies between two tokens: comments and blank lines.
struct Gap {
  struct OwnLine {
    var text: String
    /// Whether a blank line is before it.
    var hasBlank: Bool
    /// Whether it begins behind the first column.
    var isIndented: Bool
  }

  /// The comment on the line of the token before.
  var trailing: String?
  /// Comments on lines of their own.
  var own: [OwnLine] = []
  /// Whether a blank line is before the token behind the gap.
  var hasBlank = false

  var hasComments: Bool { trailing != nil || !own.isEmpty }

  /// All comments; in another place a `///` would document what follows there.
  var moved: [String] {
    ((trailing.map { [$0] } ?? []) + own.map(\.text)).map(Self.plain)
  }

  /// `/// text` as `// text`.
  static func plain(_ comment: String) -> String {
    comment.hasPrefix("///") && !comment.hasPrefix("////") ? String(comment.dropFirst()) : comment
  }
}

/// The gaps of a file, by the token behind each.
struct Gaps {
  private let tree: SyntaxTree
  /// How many comments are before each token.
  private let firstComment: [Int]

  init(_ tree: SyntaxTree) {
    self.tree = tree
    var counts: [Int] = []
    counts.reserveCapacity(tree.tokens.count + 1)
    var comment = 0
    for token in tree.tokens {
      counts.append(comment)
      while comment < tree.comments.count, tree.comments[comment].span.start < token.span.start {
        comment += 1
      }
    }
    counts.append(comment)
    firstComment = counts
  }

  func isEmpty(before token: Int) -> Bool { firstComment[token] == firstComment[token + 1] }

  subscript(token: Int) -> Gap {
    var gap = Gap()
    var place = token > 0 ? Int(tree.tokens[token - 1].span.end) : 0
    for index in firstComment[token]..<firstComment[token + 1] {
      let span = tree.comments[index].span
      let lineEnds = self.lineEnds(in: place..<Int(span.start))
      let text = trimmed(tree.file.text(span))
      if lineEnds == 0, token > 0 {
        gap.trailing = text
      } else {
        gap.own.append(
          Gap.OwnLine(
            text: text, hasBlank: lineEnds > 1,
            isIndented: tree.file.position(at: Int(span.start)).column > 1))
      }
      place = Int(span.end)
    }
    gap.hasBlank = lineEnds(in: place..<Int(tree.tokens[token].span.start)) > 1
    return gap
  }

  private func lineEnds(in range: Range<Int>) -> Int {
    tree.file.bytes[range].count { $0 == UInt8(ascii: "\n") }
  }

  private func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let last = text.unicodeScalars.last, last == " " || last == "\t" || last == "\r" {
      text.unicodeScalars.removeLast()
    }
    return String(text)
  }
}
