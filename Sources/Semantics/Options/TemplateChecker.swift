import Diagnostics
import Plans
import Syntax
import Schemas

/// Texts and JSON with the keys of a table in them, which are known only when it is asked, or with
/// values of a task's rows.
struct TemplateChecker {
  /// Stands for all keys of a call, where no key column is called so.
  static let allKeys = "keys"

  private let options: OptionChecker
  private let keys: [Field]
  private let fields: [Field]
  /// Whether `keys` stands for all keys of a call.
  private let namesAll: Bool
  /// What a task says of its rows, in place of keys.
  private let rows: RowValues?
  /// Key columns that stand in a template.
  private(set) var used: Set<String> = []
  private(set) var takesAll = false

  init(_ options: OptionChecker, keys: [Field], fields: [Field], namesAll: Bool = true) {
    self.options = options
    self.keys = keys
    self.fields = fields
    self.namesAll = namesAll
    rows = nil
  }

  init(_ options: OptionChecker, _ rows: RowValues) {
    self.options = options
    self.rows = rows
    (keys, fields, namesAll) = ([], [], false)
  }

  /// A text with keys in it; nil where it was reported.
  mutating func url(_ syntax: OptionValueSyntax) -> OptionValue? {
    guard case .expression(let expression) = syntax.kind, !isKey(expression) else {
      return wrong("url", "a text", syntax.span)
    }
    let value = isText(expression) ? text(expression) : address(expression)
    switch value {
    case .string, .environment, .secret: break
    case .key where rows != nil: break
    case .text(let pieces)?:
      if pieces.contains(.keys), keys.count > 1 {
        report(.severalKeyColumns, at: syntax.span)
        return nil
      }
    case nil where options.definitions.log.hasError(within: syntax.span): break
    default: return wrong("url", "a text", syntax.span)
    }
    return value
  }

  /// A text that is said to a model, with its inputs in it; nil where it was reported.
  mutating func prompt(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard case .expression(let expression) = syntax.kind else {
      return wrong(name, "a text", syntax.span)
    }
    let value = text(expression)
    switch value {
    case .string(""): return wrong(name, "a text that is not empty", syntax.span)
    case let value? where options.holdsSecret(value):
      options.definitions.log.report(OptionProblem.secretHere(name), at: syntax.span)
      return nil
    case .string, .environment, .text, .key: return value
    case nil where options.definitions.log.hasError(within: syntax.span): return nil
    default: return wrong(name, "a text", syntax.span)
    }
  }

  /// An address that is no text put together here.
  private mutating func address(_ expression: ExpressionSyntax) -> OptionValue? {
    rows.map { $0.whole(expression, place: "`url`") } ?? text(expression)
  }

  private func isText(_ expression: ExpressionSyntax) -> Bool {
    if case .text = expression.kind { true } else { false }
  }

  /// Headers by their names; nil where it was reported.
  mutating func headers(_ syntax: OptionValueSyntax, _ name: String = "headers") -> OptionValue? {
    guard case .object(let block) = syntax.kind else {
      return wrong(name, "a block `{ … }`", syntax.span)
    }
    var seen: [String: Span] = [:]
    var members: [Option] = []
    for option in block.options where options.definitions.isFirst(option.name, "header", &seen) {
      guard case .expression(let expression) = option.value.kind else {
        return wrong(option.name.text, "a text", option.value.span)
      }
      let value = isText(expression) ? text(expression) : rows?.text(expression)
      guard let value else { continue }
      members.append(Option(option.name.text, value))
    }
    return .object(members)
  }

  /// What is sent: JSON, or a text of it, in which values stand as JSON too.
  mutating func body(_ syntax: OptionValueSyntax, _ name: String = "body") -> OptionValue? {
    guard case .expression(let expression) = syntax.kind, isText(expression) else {
      return json(syntax, name)
    }
    return text(expression, ofJSON: true)
  }

  /// A text with values of a row in it, or one value as a text.
  mutating func line(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard let rows, case .expression(let expression) = syntax.kind else {
      return wrong(name, "a text", syntax.span)
    }
    return isText(expression) ? text(expression) : rows.text(expression)
  }

  /// The pieces of a text, in which those that are values of a row are blocks: `escaped`, or `raw`
  /// where it says so; or one text that stands as it is.
  mutating func markup(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard let rows, case .expression(let expression) = syntax.kind else {
      return wrong(name, "a text", syntax.span)
    }
    guard case .text(let text) = expression.kind, text.constant == nil else {
      return line(syntax, name)
    }
    var pieces: [OptionValue] = []
    for piece in text.pieces {
      switch piece {
      case .text(let part): pieces.append(.string(part))
      case .expression(let inner):
        let raw = Self.raw(inner)
        guard let value = rows.text(raw ?? inner) else { return nil }
        pieces.append(.object([Option(raw == nil ? "escaped" : "raw", value)]))
      }
    }
    return .list(pieces)
  }

  /// What stands in `raw(…)`.
  private static func raw(_ expression: ExpressionSyntax) -> ExpressionSyntax? {
    guard case .call(let call) = expression.kind, call.receiver == nil,
      call.function.text == "raw", call.arguments.count == 1
    else { return nil }
    return call.arguments[0].value
  }

  /// A value that is written as JSON: a block, a list, a key column's name, a constant.
  mutating func json(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    switch syntax.kind {
    case .object(let block): return members(block)
    case .list(let items): return list(items.map { json($0, name) })
    case .expression(let expression): return json(expression, name)
    case .missing: return nil
    default: return wrong(name, "a block, or a text of JSON", syntax.span)
    }
  }

  mutating func members(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard case .object(let block) = syntax.kind else {
      return wrong(name, "a block `{ … }`", syntax.span)
    }
    return members(block)
  }

  private mutating func members(_ block: OptionBlockSyntax) -> OptionValue? {
    var seen: [String: Span] = [:]
    var members: [Option] = []
    for option in block.options where options.definitions.isFirst(option.name, "member", &seen) {
      guard let value = json(option.value, option.name.text) else { continue }
      members.append(Option(option.name.text, value))
    }
    return .object(members)
  }

  private func list(_ items: [OptionValue?]) -> OptionValue? {
    items.contains(nil) ? nil : .list(items.compactMap(\.self))
  }

  private mutating func json(_ expression: ExpressionSyntax, _ name: String) -> OptionValue? {
    switch expression.kind {
    case .list(let items): return list(items.map { json($0, name) })
    case .object(let object):
      var members: [Option] = []
      for member in object.members {
        guard let value = json(member.value, member.name.text) else { continue }
        members.append(Option(member.name.text, value))
      }
      return .object(members)
    case .literal(.null): return .null
    default: break
    }
    guard let value = text(expression) else {
      return options.definitions.log.hasError(within: expression.span)
        ? nil : wrong(name, "a constant, a key column or a block", expression.span)
    }
    switch value {
    case .bool, .int, .float, .string, .environment, .secret, .text, .key, .keys, .null:
      return value
    default: return wrong(name, "a constant, a key column or a block", expression.span)
    }
  }

  private func isKey(_ expression: ExpressionSyntax) -> Bool {
    guard case .name(let name) = expression.kind else { return false }
    return namesAll && name.text == Self.allKeys || keys.contains { $0.name == name.text }
  }

  /// A value, or a text put together, with key columns by their names. `ofJSON`: its pieces are
  /// values of JSON, not parts of a text.
  private mutating func text(_ expression: ExpressionSyntax, ofJSON: Bool = false) -> OptionValue? {
    switch expression.kind {
    case .name(let name) where rows == nil: return self.name(name)
    case .text(let text):
      if let constant = text.constant { return .string(constant) }
      var pieces: [OptionValue] = []
      for piece in text.pieces {
        switch piece {
        case .text(let part): pieces.append(.string(part))
        case .expression(let inner):
          guard let value = part(inner, ofJSON: ofJSON) else { return nil }
          pieces.append(value)
        }
      }
      return OptionChecker.joined(pieces)
    default: return rows.map { $0.member(expression) } ?? options.plain(expression)
    }
  }

  private mutating func part(_ expression: ExpressionSyntax, ofJSON: Bool) -> OptionValue? {
    guard ofJSON else { return rows.map { $0.text(expression) } ?? text(expression) }
    let value = rows.map { $0.member(expression) } ?? text(expression)
    switch value {
    case .key?, .keys?, nil: return value
    case let constant?: return .json(constant)
    }
  }

  private mutating func name(_ name: Identifier) -> OptionValue? {
    if keys.contains(where: { $0.name == name.text }) {
      used.insert(name.text)
      return .key(name.text)
    }
    if namesAll, name.text == Self.allKeys {
      takesAll = true
      return .keys
    }
    let value = options.plain(ExpressionSyntax(.name(name), name.span))
    guard case .word? = value else { return value }
    let isColumn = fields.contains { $0.name == name.text }
    report(
      .notAKey(
        name.text, isColumn: isColumn,
        keys: keys.map(\.name) + (namesAll ? [Self.allKeys] : [])),
      at: name.span)
    return nil
  }

  private func report(_ problem: HTTPProblem, at span: Span) {
    options.definitions.log.report(problem, at: span)
  }

  private func wrong(_ name: String, _ expected: String, _ span: Span) -> OptionValue? {
    options.definitions.log.report(OptionProblem.wrongValue(name, expected: expected), at: span)
    return nil
  }
}
