import Diagnostics
import Plans
import Schemas
import Syntax

/// Tables that stay where they are and are asked.
extension StreamGraph {
  /// How a table is asked, as its block says. `fields` are the columns of its type.
  func lookupPolicy(
    _ block: [Option], _ syntax: ConnectorSyntax, keys: [Field], fields: [Field],
    ofModel: Bool = false
  ) -> LookupPolicy {
    var policy = LookupPolicy()
    for option in block { take(option, into: &policy) }
    if let fallback = syntax.options["fallback"]?.value {
      policy.fallback = self.fallback(
        fallback,
        columns: fields.filter { field in
          !keys.contains { $0.name == field.name }
        }, ofModel: ofModel)
    }
    return policy
  }

  /// What a block must say in exactly one of several ways.
  func checkChoice(_ connector: ConnectorDescriptor, _ syntax: ConnectorSyntax) {
    let names = connector.exactlyOne
    let said = syntax.options.options.filter { names.contains($0.name.text) }
    guard !names.isEmpty, Set(said.map(\.name.text)).count != 1 else { return }
    definitions.log.report(
      TableProblem.choice(names, isDouble: !said.isEmpty),
      at: said.last?.name.span ?? syntax.name.span)
  }

  /// That a server can be asked for the keys.
  func checkAskedKeys(_ declaration: TableDeclaration, _ keys: [Field]) {
    for key in keys where key.type != .unknown && !LookupPolicy.takesKeys(of: key.type) {
      let word = declaration.keys.first { $0.text == key.name }
      definitions.log.report(
        TableProblem.keyType(key.name, key.type, table: declaration.name.text),
        at: word?.span ?? declaration.name.span)
    }
  }

  private func take(_ option: Option, into policy: inout LookupPolicy) {
    switch (option.name, option.value) {
    case ("batch", .object(let parts)):
      if case .int(let rows)? = parts["rows"] { policy.batch = Int(rows) }
      if case .duration(let time)? = parts["within"] { policy.within = time }
    case ("concurrency", .int(let calls)): policy.concurrency = Int(calls)
    case ("timeout", .duration(let time)): policy.timeout = time
    case ("retry", .object(let parts)):
      if case .int(let attempts)? = parts["attempts"] { policy.attempts = Int(attempts) }
      if let (first, longest) = parts.backoff(most: policy.longestBackoff) {
        (policy.backoff, policy.longestBackoff) = (first, longest)
      }
    case ("breaker", .object(let parts)): policy.breaker = parts.breaker
    case ("cache", .object(let parts)):
      guard case .duration(let fresh)? = parts["for"] else { return }
      var cache = LookupPolicy.Cache(fresh: fresh)
      if case .int(let rows)? = parts["rows"] { cache.rows = Int(rows) }
      if case .int(let bytes)? = parts["bytes"] { cache.bytes = Int(bytes) }
      if case .duration(let stale)? = parts["stale"] { cache.stale = stale }
      policy.cache = cache
    case ("order", .word("none")): policy.isOrdered = false
    case ("stable", .bool(let isStable)): policy.isStable = isStable
    default: break
    }
  }

  /// `nulls`, or `{ column: constant }`. `ofModel`: or another model, which has nulls in its place
  /// until it is asked.
  func fallback(
    _ syntax: OptionValueSyntax, columns: [Field], ofModel: Bool = false
  ) -> LookupPolicy.Fallback? {
    if let word = syntax.name, ofModel || word.text == Self.nulls {
      return LookupPolicy.Fallback()
    }
    guard case .object(let block) = syntax.kind else {
      let model = ofModel ? ", or another model's name" : ""
      definitions.log.report(
        OptionProblem.wrongValue("fallback", expected: "`nulls`, or `{ column: value }`\(model)"),
        at: syntax.span)
      return nil
    }
    var values: [LookupPolicy.Fallback.Value] = []
    var seen: [String: Span] = [:]
    for option in block.options where definitions.isFirst(option.name, "column", &seen) {
      guard let field = columns.first(where: { $0.name == option.name.text }) else {
        definitions.log.report(
          NameProblem.unknownColumn(option.name.text, columns: columns.map(\.name)),
          at: option.name.span)
        continue
      }
      guard case .expression(let expression) = option.value.kind,
        let value = definitions.constant(
          expression, as: field.fieldType, place: "the fallback of `\(field.name)`")
      else { continue }
      values.append(LookupPolicy.Fallback.Value(column: field.name, value: value))
    }
    return LookupPolicy.Fallback(values)
  }

  static let nulls = "nulls"

  /// Where a match is required, a fallback must name what may not be null.
  func checkFallback(
    of node: LogicalPlan.NodeID, columns: [EnrichedColumn], fields: [Field], at span: Span
  ) {
    guard case .table(let spec) = nodes[node].kind, let fallback = spec.lookup?.fallback else {
      return
    }
    let named = Set(fallback.values.map(\.column))
    let missing = columns.map(\.tableColumn).filter { name in
      !named.contains(name) && fields.contains { $0.name == name && !$0.isNullable }
    }
    guard !missing.isEmpty else { return }
    definitions.log.report(
      TableProblem.fallbackLacks(missing, table: spec.name), at: span)
  }
}

/// Blocks that say how calls are made.
extension [Option] {
  subscript(name: String) -> OptionValue? { last { $0.name == name }?.value }

  /// Before the second attempt and before any at most; `most` where only the first is said.
  func backoff(most: Int64) -> (first: Int64, longest: Int64)? {
    guard case .call(_, let times)? = self["backoff"], case .duration(let first)? = times["first"]
    else { return nil }
    if case .duration(let longest)? = times["max"] { return (first, longest) }
    return (first, Swift.max(first, most))
  }

  var breaker: LookupPolicy.Breaker {
    var breaker = LookupPolicy.Breaker()
    if case .percentage(let share)? = self["open_at"] { breaker.openAt = share }
    if case .int(let calls)? = self["of"] { breaker.of = Int(calls) }
    if case .duration(let time)? = self["for"] { breaker.duration = time }
    return breaker
  }
}
