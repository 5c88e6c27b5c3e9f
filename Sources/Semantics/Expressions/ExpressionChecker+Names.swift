import Diagnostics
import Plans
import Schemas
import Syntax

/// Columns, params, and literals.
extension ExpressionChecker {
  func column(_ name: Identifier) -> Typed {
    if var bound = bindings[name.text] {
      if case .column(let column) = bound.expression.node, settled.contains(column) {
        bound.expression.fieldType.isNullable = false
      }
      return bound
    }
    if let field = scope.field(named: name.text) {
      if case .stage = place, definitions.parameters[name.text] != nil {
        report(NameProblem.columnHidesParameter(name.text), at: name.span)
      }
      return value(of: field, at: name.span)
    }
    if seesParameters, definitions.parameters[name.text] != nil { return parameter(name) }
    if let manyRows = aggregation?.ofManyRows(name.text) {
      return wrong(manyRows, at: name.span)
    }
    if let aggregation, aggregation.input.scope.field(named: name.text) != nil {
      let keys = aggregation.keyNames
      return wrong(StageProblem.notAggregated(name.text, keys: keys), at: name.span)
    }
    if scope.hasUnknownColumns { return .wrong }
    // Lists are made where the message is kept, which of many mistakes are few.
    if case .function = place {
      return wrong(
        NameProblem.unknownInFunction(
          name.text, parameters: scope.visibleNames, params: visibleParameters), at: name.span)
    }
    return wrong(
      NameProblem.unknownColumn(
        name.text, columns: scope.visibleNames, parameters: visibleParameters), at: name.span)
  }

  private var visibleParameters: [String] {
    seesParameters ? definitions.parameters.keys.sorted() : []
  }

  private var seesParameters: Bool {
    if case .function(isImported: true) = place { return false }
    return true
  }

  private func value(of field: Field, at span: Span) -> Typed {
    var type = field.fieldType
    if settled.contains(field.name) { type.isNullable = false }
    definitions.recorder?.record(.column(Field(field.name, type)), at: span)
    return Typed(Expression(.column(field.name), type))
  }

  private func parameter(_ name: Identifier) -> Typed {
    definitions.used.parameters.insert(name.text)
    if let parameter = definitions.parameters[name.text] {
      definitions.recorder?.record(.parameter(parameter), at: name.span)
    }
    guard let parameter = definitions.parameters[name.text], let value = parameter.value else {
      return .wrong
    }
    return Typed(Expression(.literal(value), parameter.fieldType))
  }

  /// `n.c`, `meta.c`, `param.c`, and a field of a struct.
  func member(_ base: ExpressionSyntax, _ name: Identifier, at span: Span) -> Typed {
    guard let path = path(base), !isBound(base) else { return part(of: base, name) }
    if path == "param", seesParameters {
      guard definitions.parameters[name.text] != nil else {
        let known = definitions.parameters.keys.sorted()
        return wrong(NameProblem.unknownParameter(name.text, known: known), at: name.span)
      }
      return parameter(name)
    }
    if let field = scope.field(named: "\(path).\(name.text)") {
      return value(of: field, at: name.span)
    }
    if let last = aggregation?.last(path, name, at: span) { return last }
    return unknownMember(of: path, base, name, at: span)
  }

  private func unknownMember(
    of path: String, _ base: ExpressionSyntax, _ name: Identifier, at span: Span
  ) -> Typed {
    let siblings = scope.columns(ofSide: path)
    if !siblings.isEmpty {
      let columns = siblings.map(\.short)
      return wrong(NameProblem.unknownColumn(name.text, columns: columns), at: name.span)
    }
    if let aggregation, aggregation.input.scope.field(named: "\(path).\(name.text)") != nil {
      let full = "\(path).\(name.text)"
      return wrong(StageProblem.notAggregated(full, keys: aggregation.keyNames), at: span)
    }
    if path == "meta" {
      let known = scope.fields.map(\.name).filter { $0.hasPrefix("meta.") }
      return wrong(NameProblem.unknownColumn("meta.\(name.text)", columns: known), at: span)
    }
    if isStream(base), scope.field(named: name.text)?.isHidden == false {
      return wrong(NameProblem.streamBeforeColumn(path, column: name.text), at: span)
    }
    return part(of: base, name)
  }

  /// Whether the base is the name of a stream, and of no value.
  private func isStream(_ base: ExpressionSyntax) -> Bool {
    guard case .name(let name) = base.kind, scope.field(named: name.text) == nil else {
      return false
    }
    return definitions.streamNames.contains(name.text)
  }

  /// Whether a path begins at a parameter of a function or lambda.
  private func isBound(_ syntax: ExpressionSyntax) -> Bool {
    switch syntax.kind {
    case .name(let name): bindings[name.text] != nil
    case .member(let base, _): isBound(base)
    default: false
    }
  }

  private func part(of base: ExpressionSyntax, _ name: Identifier) -> Typed {
    let value = check(base)
    if value.isWrong { return .wrong }
    if let part = part(value, name) { return part }
    if value.type == .json {
      let text = definitions.file.text(base.span)
      let whole = base.span.joined(name.span)
      return wrong(TypeProblem.jsonPart(base: text, name: name.text), at: whole)
    }
    let text = definitions.text(base.span)
    if case .map = value.type {
      return wrong(
        NestedProblem.fieldOfMap(base: text, name: name.text, at: base.span.joined(name.span)),
        at: name.span)
    }
    if definitions.functions[name.text] != nil
      || !definitions.signatures(named: name.text).isEmpty
    {
      return wrong(NestedProblem.uncalled(name.text, base: text), at: name.span)
    }
    return wrong(
      TypeProblem.noValueHere("a part of \(article(value.fieldType))"), at: name.span)
  }

  /// `list[i]`, `map["k"]`, `meta.headers["x"]`.
  func element(_ base: ExpressionSyntax, _ index: ExpressionSyntax, at span: Span) -> Typed {
    if path(base) == "meta.headers", case .text(let text) = index.kind,
      let name = text.constant
    {
      if let field = scope.field(named: "meta.headers.\(name)") {
        return value(of: field, at: span)
      }
      return wrong(NameProblem.unknownColumn("meta.headers", columns: []), at: span)
    }
    return indexed(base, index)
  }

  /// `a.b` for a chain of plain names.
  private func path(_ syntax: ExpressionSyntax) -> String? {
    switch syntax.kind {
    case .name(let name): name.text
    case .member(let base, let name): path(base).map { "\($0).\(name.text)" }
    default: nil
    }
  }

  func check(_ literal: LiteralSyntax, at span: Span) -> Typed {
    switch literal {
    case .null: return .null
    case .bool(let value): return .literal(.bool(value), .bool)
    case .int(let value): return .literal(.int(value), .int)
    case .decimal(let unscaled, let scale):
      guard let type = Conversion.literalType(unscaled: unscaled, scale: scale) else {
        return wrong(TypeProblem.badPrecision, at: span)
      }
      return .literal(.decimal(unscaled: unscaled, scale: scale), type)
    case .float(let value), .percentage(let value): return .literal(.float(value), .float)
    case .duration(let value): return .literal(.duration(value), .duration)
    case .rate: return wrong(TypeProblem.noValueHere("a rate"), at: span)
    case .timestamp(let text):
      guard let value = TimeText.timestamp(text) else {
        let example = "timestamp \"2026-01-01T00:00:00Z\""
        return wrong(TypeProblem.badText(text, as: "timestamp", example: example), at: span)
      }
      return .literal(.timestamp(value), .timestamp)
    case .date(let text):
      guard let value = TimeText.date(text) else {
        return wrong(
          TypeProblem.badText(text, as: "date", example: "date \"2026-01-01\""), at: span)
      }
      return .literal(.date(value), .date)
    }
  }

  /// `"Hello \(name)"`: the pieces as text, one after the other.
  func check(_ text: TextSyntax) -> Typed {
    if let constant = text.constant { return .literal(.string(constant), .string) }
    var pieces: [Expression] = []
    var isWrong = false
    for piece in text.pieces {
      switch piece {
      case .text(let part): pieces.append(.literal(.string(part), .string))
      case .expression(let syntax):
        let value = check(syntax)
        isWrong = isWrong || value.isWrong
        pieces.append(
          value.isNull
            ? .literal(.null, .string) : Conversion.cast(value.expression, to: .string))
      }
    }
    if isWrong { return .wrong }
    if pieces.count == 1 { return Typed(pieces[0]) }
    let nullable = pieces.contains(where: \.isNullable)
    return Typed(.call("concat", pieces), .string, nullable: nullable)
  }
}
