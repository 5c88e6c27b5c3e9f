import Diagnostics

/// The stages of a stream; those with clauses of their own are in files beside this one.
extension Parser {
  mutating func parseStages() -> [StageSyntax] {
    var stages: [StageSyntax] = []
    while true {
      if isLost { skipToStage() }
      if skip(.pipe) {
        stages.append(expectStage())
      } else if !isLost, atStageWord {
        note(.missingPipe(stage: text(current)), current.span)
        stages.append(expectStage())
      } else {
        return stages
      }
    }
  }

  private var atStageWord: Bool {
    at(.name) && !atDeclaration() && token(1).kind != .assign
      && Keywords.stages.contains(where: atWord)
  }

  /// To the next `|`; stays lost if the declaration ends before.
  private mutating func skipToStage() {
    while !at(.endOfFile), !atDeclaration(), !atDeclarationInFirstColumn() {
      if at(.pipe) {
        isLost = false
        return
      }
      skipBalanced()
    }
  }

  private mutating func expectStage() -> StageSyntax {
    let start = current.span
    guard atName(), !atDeclaration() else {
      reportExpected("a stage after `|`")
      return StageSyntax(
        kind: .missing, keyword: missingIdentifier, name: nil, errorRoute: nil, span: start)
    }
    itemIndex = index
    let keyword = takeIdentifier()
    let kind = parseStage(keyword)
    var stage = StageSyntax(
      kind: kind, keyword: keyword, name: nil, errorRoute: nil, span: span(from: start))
    parseStageEnd(&stage)
    stage.span = span(from: start)
    return stage
  }

  /// `as NAME`, `on_error ROUTE`
  private mutating func parseStageEnd(_ stage: inout StageSyntax) {
    while !isLost, !atDeclaration() {
      let place = current.span
      if skipWord("as") {
        noteRepeated("as", place, stage.name?.span)
        stage.name = expectIdentifier("the stage")
      } else if skipWord("on_error") {
        noteRepeated("on_error", place, stage.errorRoute?.span)
        stage.errorRoute = expectErrorRoute()
      } else {
        break
      }
    }
    guard !isLost, !at(.pipe), !at(.endOfFile), !atStageWord, !atDeclarationInFirstColumn(),
      !atDeclaration(), !current.startsLine || !Keywords.declarations.contains(where: atWord)
    else { return }
    if at(.closeBrace) || at(.closeBracket) || at(.closeParenthesis) {
      reportStrayBracket()
    } else if at(.arrow) {
      report(.lambdaOutsideCall, current.span)
    } else if !current.startsLine || soughtIndex == index && atName() && !looksLikeDeclaration {
      reportExpected("the end of the stage")
    }
  }

  /// A misspelt declaration on a new line is for the file's loop.
  private var looksLikeDeclaration: Bool {
    nearestWord(to: text(current), among: Keywords.declarations) != nil
  }

  private mutating func parseStage(_ keyword: Identifier) -> StageKindSyntax {
    switch keyword.text {
    case "where": return .filter(expectClauseExpression())
    case "map": return expectMap(keyword)
    case "with": return .with(expectAssignments("with"))
    case "drop": return .drop(expectList { $0.expectColumn() })
    case "rename": return .rename(expectList { $0.expectRename() })
    case "union": return .union(expectList { $0.expectStreamReference() })
    case "flatten":
      let list = expectClauseExpression()
      return .flatten(list, name: expectAlias())
    case "key": return .key(expectBy("key"))
    case "sample": return .sample(expectClauseExpression())
    case "limit": return .limit(expectClauseExpression())
    case "throttle": return .throttle(expectClauseExpression())
    default: return parseLongStage(keyword)
    }
  }

  private mutating func parseLongStage(_ keyword: Identifier) -> StageKindSyntax {
    switch keyword.text {
    case "dedupe": return parseDedupe()
    case "enrich": return parseEnrich()
    case "join": return parseJoin(.inner)
    case "left", "right", "full", "semi", "anti":
      if let join = parseForeignJoin(keyword) { return join }
      let kind = JoinStageSyntax.Kind(rawValue: keyword.text) ?? .inner
      return expectWord("join") ? parseJoin(kind) : .missing
    case "window": return parseWindow()
    case "aggregate":
      let by = atWord("by") ? expectBy("aggregate") : []
      return .aggregate(by: by, isLost ? [] : expectAssignments("aggregate"))
    case "top": return parseTop()
    case "over": return parseOver()
    case "match": return parseMatch()
    case "funnel": return parseFunnel()
    case "fold": return parseFold()
    case "attribute": return parseAttribute()
    case "frequency_cap": return parseFrequencyCap()
    case "anomaly": return parseAnomaly()
    case "sessionize": return parseSessionize()
    case "retention": return parseRetention()
    case "experiment": return parseExperiment()
    case "infer": return parseInfer()
    case "execute": return parseExecute()
    default: return parseUnknownStage(keyword)
    }
  }

  /// What other languages call a stage, and what it is called here.
  private static let foreignStages = [
    "filter": "where", "select": "map", "project": "map", "extend": "with", "distinct": "dedupe",
    "explode": "flatten", "unnest": "flatten", "lookup": "enrich", "group": "aggregate",
    "summarize": "aggregate", "take": "limit", "head": "limit", "inner": "join",
  ]

  private mutating func parseUnknownStage(_ keyword: Identifier) -> StageKindSyntax {
    if let join = parseForeignJoin(keyword) { return join }
    if ["order", "sort"].contains(keyword.text) { return expectForeignOrder(keyword) }
    let meant =
      Self.foreignStages[keyword.text] ?? nearestWord(to: keyword.text, among: Keywords.stages)
    guard let meant else {
      report(.unknownStage(keyword.text, meant: nil), keyword.span)
      return .missing
    }
    note(.unknownStage(keyword.text, meant: meant), keyword.span)
    let told = problems.count
    let stage = parseStage(Identifier(meant, keyword.span))
    guard Self.foreignStages[keyword.text] != nil, problems.count > told else { return stage }
    // What follows another language's word has that language's form.
    problems.removeSubrange(told...)
    return .missing
  }

  private mutating func parseInfer() -> StageKindSyntax {
    let model = expectIdentifier("a model") ?? missingIdentifier
    var arguments: [ArgumentSyntax] = []
    let open = current.span
    if !isLost {
      if skip(.openParenthesis) {
        arguments = parseArguments(open: open)
      } else {
        reportExpected("`(` and the model's inputs")
      }
    }
    return .infer(model: model, arguments, name: expectAlias())
  }
}

// MARK: - Parts of stages

extension Parser {
  /// One or more with commas between.
  private mutating func expectList<Item>(_ item: (inout Parser) -> Item?) -> [Item] {
    var items: [Item] = []
    repeat {
      if let parsed = item(&self) { items.append(parsed) }
    } while !isLost && skip(.comma)
    return items
  }

  /// `as NAME`
  mutating func expectAlias() -> Identifier {
    guard !isLost, expectWord("as") else { return missingIdentifier }
    return expectIdentifier("a column") ?? missingIdentifier
  }

  /// `c`, `n.c`
  private mutating func expectColumn() -> ColumnReferenceSyntax? {
    guard let first = expectIdentifier("a column") else { return nil }
    guard skip(.dot) else { return ColumnReferenceSyntax(side: nil, name: first) }
    return expectIdentifier("a column").map { ColumnReferenceSyntax(side: first, name: $0) }
  }

  private mutating func expectRename() -> RenameSyntax? {
    guard let old = expectColumn(), expectWord("as") else { return nil }
    return expectIdentifier("a column").map { RenameSyntax(old: old, new: $0) }
  }

  /// `by c, d = EXPR`; reports if it is missing.
  mutating func expectBy(_ stage: String, example: String? = nil) -> [GroupKeySyntax] {
    guard skipWord("by") else {
      let example = example ?? "\(stage) by COLUMN"
      report(.missingClause("by", of: stage, example: example), previousEnd)
      return []
    }
    return expectGroupKeys()
  }

  mutating func expectGroupKeys() -> [GroupKeySyntax] {
    expectList { parser in
      guard parser.atName(), parser.token(1).kind == .assign, !parser.atDeclaration() else {
        return GroupKeySyntax(name: nil, value: parser.expectClauseExpression())
      }
      let name = parser.takeIdentifier()
      parser.advance()
      return GroupKeySyntax(name: name, value: parser.expectClauseExpression())
    }
  }

  mutating func expectOrders() -> [TopStageSyntax.Order] {
    expectList { parser in
      let value = parser.expectClauseExpression()
      let isDescending = parser.skipWord("desc")
      if !isDescending { _ = parser.skipWord("asc") }
      return TopStageSyntax.Order(value: value, isDescending: isDescending)
    }
  }
}
