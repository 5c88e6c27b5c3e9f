import Diagnostics

/// Stages: a line of clauses, broken before their words where it is too long, and blocks.
extension LayoutBuilder {
  private static let clauseWords: Set<String> = [
    "by", "offset", "zone", "emit", "allow", "on", "as", "required", "within", "expire", "per",
    "keep", "with", "on_error", "else", "using", "above",
    "ignore", "for", "converted", "confidence",
    "effect", "steered",
  ]

  /// The current token is the `|`.
  mutating func addStage(_ stage: StageSyntax) {
    take()
    indented { builder in
      if case .infer(let model, let arguments, _) = stage.kind {
        builder.take(upTo: model.span.end)
        builder.addArguments(arguments)
      }
      builder.addClauses(until: stage.span.end, blocks: Self.blocks(of: stage)) {
        Self.expressions(of: stage)
      }
    }
  }

  /// Clauses between blocks, each stretch filled on its own.
  private mutating func addClauses(
    until end: UInt32, blocks: [(inout LayoutBuilder) -> Void],
    _ expressions: () -> [ExpressionSyntax]
  ) {
    let all = expressions().sorted { $0.span.start < $1.span.start }
    var values = all[...]
    for block in blocks {
      addStretch(&values, endsAtBrace: true, until: end)
      if at(.openBrace) { block(&self) }
    }
    addStretch(&values, endsAtBrace: false, until: end)
  }

  private mutating func addStretch(
    _ values: inout ArraySlice<ExpressionSyntax>, endsAtBrace: Bool, until end: UInt32
  ) {
    var rest = values
    group(.fill) { builder in
      builder.indented { builder in
        var isFirst = true
        while builder.current.span.start < end, !builder.at(.endOfFile) {
          // A struct among the keys of `on (a, b)` is no block.
          let value = rest.first.flatMap {
            builder.current.span.start >= $0.span.start ? $0 : nil
          }
          if endsAtBrace, value == nil, builder.at(.openBrace) { break }
          if !isFirst { builder.breakBeforeClause() }
          isFirst = false
          if let value {
            builder.addClauseExpression(value)
            rest.removeFirst()
          } else {
            builder.take()
          }
        }
      }
    }
    values = rest
  }

  private mutating func breakBeforeClause() {
    if at(.comma) { return }
    if tokens[index - 1].kind == .comma { return breakLine() }
    guard let word = word(index), Self.clauseWords.contains(word) else { return }
    switch self.word(index - 1) {
    case "emit", "as", "with", "key", "else", "steered": break
    default: breakLine()
    }
  }

  /// What of a stage stands outside of its blocks and is an expression.
  private static func expressions(of stage: StageSyntax) -> [ExpressionSyntax] {
    switch stage.kind {
    case .filter(let value), .flatten(let value, _), .sample(let value), .limit(let value),
      .throttle(let value):
      [value]
    case .map, .with, .drop, .rename, .union, .missing: []
    case .execute(let it): [it.steering?.on].compactMap(\.self)
    case .key(let keys), .aggregate(let keys, _): keys.map(\.value)
    case .dedupe(let it): it.by.map(\.value) + [it.within].compactMap(\.self)
    case .enrich(let it): it.on + [it.asOf].compactMap(\.self)
    case .join(let it): expressions(of: it)
    case .window(let it): expressions(of: it)
    case .top(let it): [it.count] + it.by.map(\.value) + it.per.map(\.value)
    case .over(let it):
      switch it.frame {
      case .rows(let value), .time(let value): it.by.map(\.value) + [value]
      }
    case .match(let it): it.by.map(\.value) + [it.within].compactMap(\.self)
    case .funnel(let it): it.by.map(\.value) + [it.within].compactMap(\.self)
    case .fold(let it): it.by.map(\.value) + [it.expireAfter].compactMap(\.self)
    case .attribute(let it): it.clauses
    case .anomaly(let it): it.clauses
    case .sessionize(let it): it.clauses
    case .retention(let it): it.clauses
    case .experiment(let it): it.clauses
    case .frequencyCap(let it): it.caps.flatMap { [$0.count, $0.span] } + it.by.map(\.value)
    case .infer: []
    }
  }

  private static func expressions(of join: JoinStageSyntax) -> [ExpressionSyntax] {
    join.on + (join.bounds?.expressions ?? []) + [join.expireAfter].compactMap(\.self)
  }

  private static func expressions(of window: WindowStageSyntax) -> [ExpressionSyntax] {
    let kind: [ExpressionSyntax] =
      switch window.kind {
      case .tumbling(let size), .count(let size): [size]
      case .hopping(let size, let step), .cumulative(let size, let step): [size, step]
      case .session(let gap, let most): [gap] + [most].compactMap(\.self)
      case .missing: []
      }
    var emission: [ExpressionSyntax] = []
    if case .every(let value) = window.emission { emission = [value] }
    let clauses = [window.offset, window.zone, window.allowLate].compactMap(\.self)
    return kind + clauses + window.by.map(\.value) + emission
  }
}

// MARK: - Blocks

extension LayoutBuilder {
  private static func blocks(of stage: StageSyntax) -> [(inout LayoutBuilder) -> Void] {
    var blocks: [(inout LayoutBuilder) -> Void] =
      switch stage.kind {
      case .map(let columns): [{ $0.addColumns(columns) }]
      case .with(let columns), .aggregate(_, let columns): [{ $0.addAssignments(columns) }]
      case .window(let it): [{ $0.addAssignments(it.columns) }]
      case .over(let it): [{ $0.addAssignments(it.columns) }]
      case .funnel(let it): [{ $0.addAssignments(it.steps) }]
      case .experiment(let it): [{ $0.addAssignments(it.variants) }]
      case .fold(let it):
        [{ $0.addStates(it.state) }, { $0.addAssignments(it.columns) }]
      case .match(let it): [{ $0.addMatch(it) }]
      default: []
      }
    if case .deadLetter(let connector)? = stage.errorRoute?.kind, connector.options.span.count > 0 {
      blocks.append { $0.addOptions(connector.options) }
    }
    return blocks
  }

  private mutating func addStates(_ states: [FoldStageSyntax.State]) {
    addBlock(states, .braces) { builder, state in
      builder.take(upTo: state.type.span.start)
      builder.addType(state.type)
      builder.take(upTo: state.initial.span.start)
      builder.addExpression(state.initial)
    }
  }

  private enum MatchItem {
    case pattern(PatternSyntax)
    case definition(AssignmentSyntax)
    case option(OptionSyntax)
    case emit(Span, [ColumnItemSyntax])
  }

  private mutating func addMatch(_ match: MatchStageSyntax) {
    var items: [(start: UInt32, item: MatchItem)] = []
    if let sequence = match.sequence {
      items.append((sequence.span.start, .pattern(sequence)))
    }
    items += match.definitions.map { ($0.span.start, .definition($0)) }
    items += match.options.map { ($0.span.start, .option($0)) }
    items += emissions(match.emit).map { ($0.0.start, .emit($0.0, $0.1)) }
    addBlock(items.sorted { $0.start < $1.start }.map(\.item), .steps) { builder, item in
      switch item {
      case .pattern(let pattern): builder.addPattern(pattern)
      case .definition(let definition):
        builder.take(upTo: definition.value.span.start)
        builder.addExpression(definition.value)
      case .option(let option):
        builder.take(upTo: option.value.span.start)
        builder.addOptionValue(option.value)
      case .emit(_, let columns): builder.addColumns(columns)
      }
    }
  }

  /// The columns of each `emit { … }` of the block that begins here.
  private func emissions(_ columns: [ColumnItemSyntax]) -> [(Span, [ColumnItemSyntax])] {
    var emissions: [(Span, [ColumnItemSyntax])] = []
    let end = closingIndex
    var place = index + 1
    var builder = self
    while place < end {
      builder.index = place
      switch tokens[place].kind {
      case .openParenthesis, .openBracket, .textOpen: place = builder.closingIndex
      case .openBrace:
        let block = tokens[place].span.joined(tokens[builder.closingIndex].span)
        if word(place - 1) == "emit" {
          let span = tokens[place - 1].span.joined(block)
          emissions.append((span, columns.filter { block.contains($0.span) }))
        }
        place = builder.closingIndex
      default: break
      }
      place += 1
    }
    return emissions
  }

  /// `sequence: a+, (b | c){2, 5}, not d`
  private mutating func addPattern(_ pattern: PatternSyntax) {
    take(upTo: pattern.span.start)
    while current.span.start < pattern.span.end, !at(.endOfFile) {
      switch current.kind {
      // `a? ?` must not become `a??`, though that means the same: it is another token.
      case .question where tokens[index - 1].kind == .question: take(" ")
      case .plus, .star, .question, .coalesce: take("")
      case .openBrace:
        take("")
        joint = ""
      case .closeBrace: take("")
      default: take()
      }
    }
  }
}
