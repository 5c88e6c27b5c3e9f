import Diagnostics

/// The tree and its tokens to layout pieces.
///
/// Its verbs: `take` writes the next token, `breakLine` says that a line may end before it, `addX`
/// takes all tokens of X. A comment stays where it is if a line may end there; where none may it
/// moves to a line of its own before the unit around it (an item, an operand, a stage).
struct LayoutBuilder {
  let tree: SyntaxTree
  let tokens: [Token]
  private let gaps: Gaps
  /// Of each opening bracket the place of what closes it.
  private let closing: [Int: Int]

  var pieces: [LayoutPiece] = []
  /// The next token to take.
  var index = 0
  /// What to write before the next token instead of what is usual between the two.
  var joint: String?
  /// The token before which all comments are written already.
  private var settled = -1
  /// Comments that stood before a comma, for the next place where a line may end.
  private var carried: [String] = []
  /// Comments that have no place of their own in this unit.
  private var homeless: [String] = []

  init(_ tree: SyntaxTree) {
    self.tree = tree
    tokens = tree.tokens
    gaps = Gaps(tree)
    closing = Self.closing(of: tree.tokens)
  }

  private static func closing(of tokens: [Token]) -> [Int: Int] {
    var closing: [Int: Int] = [:]
    var open: [Int] = []
    for (place, token) in tokens.enumerated() {
      switch token.kind {
      case .openParenthesis, .openBracket, .openBrace, .textOpen, .interpolationOpen:
        open.append(place)
      case .closeParenthesis, .closeBracket, .closeBrace, .textClose, .interpolationClose:
        if let start = open.popLast() { closing[start] = place }
      default: break
      }
    }
    return closing
  }
}

// MARK: - Looking

extension LayoutBuilder {
  var current: Token { tokens[index] }

  func at(_ kind: Token.Kind) -> Bool { tokens[index].kind == kind }

  func word(_ place: Int) -> String? {
    tokens[place].kind == .name ? tree.file.text(tokens[place].span) : nil
  }

  /// Of the bracket that is the current token.
  var closingIndex: Int { closing[index] ?? tokens.count - 1 }

  private var gap: Gap { gaps[index] }

  /// The first token that begins at or behind that byte. O(log tokens).
  func tokenIndex(at offset: UInt32) -> Int {
    var low = 0
    var high = tokens.count - 1
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].span.start < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether comments lie before any of these tokens.
  func hasComments(before range: Range<Int>) -> Bool {
    range.contains { !gaps.isEmpty(before: $0) }
  }

  /// A line must not begin with what would then be read as the head of a declaration or a test's
  /// step.
  func mayStartLine(_ place: Int) -> Bool {
    guard let word = word(place) else { return true }
    let next = tokens[min(place + 1, tokens.count - 1)].kind
    if Keywords.testSteps.contains(word) { return next != .name && next != .quotedName }
    guard Keywords.declarations.contains(word) else { return true }
    return ![.name, .quotedName, .textOpen, .openBrace].contains(next)
  }
}

// MARK: - Writing

extension LayoutBuilder {
  mutating func write(_ text: String) { pieces.append(.text(text)) }

  /// The next token, with what stands between it and the one before.
  mutating func take(_ between: String? = nil) {
    if settled != index, !gaps.isEmpty(before: index) { homeless += gap.moved }
    let before = joint ?? between ?? usualJoint
    joint = nil
    if !before.isEmpty { write(before) }
    if at(.textOpen) {
      takeText()
    } else {
      write(tree.file.text(current.span))
      if index < tokens.count - 1 { index += 1 }
    }
  }

  /// A text is written as it stands, line ends apart.
  private mutating func takeText() {
    let end = closingIndex
    let span = current.span.joined(tokens[end].span)
    let text = tree.file.text(span)
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    write(lines.joined(separator: "\n"))
    index = end + 1
  }

  /// All tokens that begin before that byte.
  mutating func take(upTo offset: UInt32) {
    while current.span.start < offset, !at(.endOfFile) { take() }
  }

  private var usualJoint: String {
    guard index > 0 else { return "" }
    switch current.kind {
    case .comma, .colon, .closeParenthesis, .closeBracket, .dot, .question: return ""
    default: break
    }
    switch tokens[index - 1].kind {
    case .openParenthesis, .openBracket, .dot: return ""
    default: return " "
    }
  }

  mutating func group(_ group: LayoutGroup = .allOrNone, _ body: (inout Self) -> Void) {
    pieces.append(.open(group))
    body(&self)
    pieces.append(.close)
  }

  mutating func indented(_ body: (inout Self) -> Void) {
    pieces.append(.indent)
    body(&self)
    pieces.append(.outdent)
  }

  /// What a line may end before: its comments without a place stand on lines above it.
  mutating func unit(_ body: (inout Self) -> Void) {
    let outer = homeless
    homeless = []
    let start = pieces.count
    body(&self)
    let moved = homeless.flatMap { [LayoutPiece.text($0), .hardLine(hasBlank: false)] }
    pieces.insert(contentsOf: moved, at: start)
    homeless = outer
  }
}

// MARK: - Lines

extension LayoutBuilder {
  /// A comma between items; what stands before it is kept for the next place.
  mutating func skipComma() {
    guard at(.comma) else { return }
    if !gaps.isEmpty(before: index) { carried += gap.moved }
    index += 1
  }

  /// A place where a line may end; it must where comments stand. Before the head of an item in
  /// braces it always may: what follows it there makes it none of a declaration.
  mutating func breakLine(
    flat: String = " ", isHard: Bool = false, keepsBlank: Bool = false, isHead: Bool = false
  ) {
    guard isHead || mayStartLine(index) else {
      joint = flat
      return
    }
    let gap = gapWithCarried()
    let blank = keepsBlank && (gap.own.first?.hasBlank ?? gap.hasBlank)
    if let trailing = gap.trailing { pieces.append(.trailing(trailing)) }
    pieces.append(
      isHard || gap.hasComments ? .hardLine(hasBlank: blank) : .line(flat: flat, hasBlank: blank))
    addOwnLines(gap, keepsBlank)
    joint = ""
  }

  private mutating func addOwnLines(_ gap: Gap, _ keepsBlank: Bool) {
    for (place, comment) in gap.own.enumerated() {
      write(comment.text)
      let isLast = place == gap.own.count - 1
      let hasBlank = isLast ? gap.hasBlank : gap.own[place + 1].hasBlank
      pieces.append(.hardLine(hasBlank: keepsBlank && hasBlank))
    }
  }

  /// Before the bracket that closes a block: comments belong to the items.
  mutating func addCommentsBeforeClosing() -> Bool {
    let gap = gapWithCarried()
    if let trailing = gap.trailing { pieces.append(.trailing(trailing)) }
    for (place, comment) in gap.own.enumerated() {
      let isFirst = place == 0 && tokens[index - 1].kind == .openBrace
      pieces.append(.hardLine(hasBlank: comment.hasBlank && !isFirst))
      write(comment.text)
    }
    return gap.hasComments
  }

  private mutating func gapWithCarried() -> Gap {
    var gap = gap
    settled = index
    guard !carried.isEmpty else { return gap }
    // In their order: what stood before the comma is the first.
    var moved = carried + (gap.trailing.map { [Gap.plain($0)] } ?? [])
    carried = []
    gap.trailing = moved.removeFirst()
    gap.own = moved.map { Gap.OwnLine(text: $0, hasBlank: false, isIndented: true) } + gap.own
    return gap
  }
}

// MARK: - Files

extension LayoutBuilder {
  mutating func addFile() {
    for (place, declaration) in tree.declarations.enumerated() {
      if place > 0 { addLineBetweenDeclarations(tree.declarations[place - 1]) } else { addStart() }
      joint = ""
      unit { $0.addDeclaration(declaration) }
    }
    if let last = tree.declarations.last {
      addLineBetweenDeclarations(last)
    } else {
      addStart()
    }
  }

  private mutating func addStart() {
    addOwnLines(gapWithCarried(), true)
  }

  /// Comments right below a stream and indented like its stages stay with it.
  private mutating func addLineBetweenDeclarations(_ last: DeclarationSyntax) {
    var gap = gapWithCarried()
    if let trailing = gap.trailing { pieces.append(.trailing(trailing)) }
    if case .stream = last {
      let count = gap.own.prefix { $0.isIndented && !$0.hasBlank }.count
      // Without a blank line below it a comment is about the next declaration.
      let next = count < gap.own.count ? gap.own[count].hasBlank : gap.hasBlank || at(.endOfFile)
      if next {
        indented { builder in
          for comment in gap.own.prefix(count) {
            builder.pieces.append(.hardLine(hasBlank: false))
            builder.write(comment.text)
          }
        }
        gap.own.removeFirst(count)
      }
    }
    pieces.append(.hardLine(hasBlank: gap.own.first?.hasBlank ?? gap.hasBlank))
    addOwnLines(gap, true)
  }
}
