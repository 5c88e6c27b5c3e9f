import Diagnostics
import Plans
import Schemas
import Syntax

/// Models that a server runs.
extension StreamGraph {
  /// What such a model's block says but its inputs and outputs, which `spec` has.
  func takeRemote(
    _ block: [Option], _ syntax: ServiceDeclaration, into spec: inout ModelSpec
  ) {
    let written = syntax.connector.options
    var policy = lookupPolicy(
      block, syntax.connector, keys: [], fields: spec.outputs.map(\.field), ofModel: true)
    spec.fallback = policy.fallback
    policy.fallback = nil
    if written["concurrency"] == nil { policy.concurrency = Self.usualConcurrency }
    var remote = RemoteModel()
    remote.options = block.filter { option in
      option.name != "baseline"
        && !ConnectorCatalogue.asking.contains { $0.name == option.name }
    }
    spec.baseline = block.last { $0.name == "baseline" }?.value
    if let url = written["url"], let value = block.last(where: { $0.name == "url" })?.value {
      HTTPRequestChecker(options, keys: [], fields: []).checkAddress(value, at: url.value.span)
    }
    if spec.kind == "openai" {
      if written["timeout"] == nil { policy.timeout = Self.usualTimeout }
      takeWords(written, syntax, spec, &remote, &policy)
      remote.budget = written["budget"].flatMap { budget($0.value) }
    }
    remote.policy = policy
    spec.remote = remote
  }

  private static let usualConcurrency = 16
  /// Microseconds: language models take their time.
  private static let usualTimeout: Int64 = 30_000_000

  /// Whether it is a chat or gives embeddings, and what is said to it.
  private func takeWords(
    _ written: OptionBlockSyntax, _ syntax: ServiceDeclaration, _ spec: ModelSpec,
    _ remote: inout RemoteModel, _ policy: inout LookupPolicy
  ) {
    guard let prompt = written["prompt"] else {
      let all = ([written] + versionBlocks(written)).flatMap(\.options)
      for option in all where ModelCatalogue.ofChat.contains(option.name.text) {
        definitions.log.report(
          RemoteModelProblem.ofChat(option.name.text), at: option.name.span)
      }
      if !definitions.log.hasError(within: syntax.head.span), !spec.isEmbedding {
        definitions.log.report(RemoteModelProblem.noPrompt, at: syntax.name.span)
      }
      return
    }
    remote.isPrompted = true
    var templates = TemplateChecker(
      options, keys: spec.inputs.map(\.field), fields: spec.outputs.map(\.field),
      namesAll: false)
    for option in [prompt, written["system"]].compactMap(\.self) {
      guard let value = templates.prompt(option.value, option.name.text) else { continue }
      remote.options.append(Option(option.name.text, value))
    }
    let unused = spec.inputs.map(\.field.name).filter { !templates.used.contains($0) }
    if !unused.isEmpty, !definitions.log.hasError(within: syntax.head.span) {
      definitions.log.report(RemoteModelProblem.unused(unused), at: prompt.value.span)
    }
    if let batch = written["batch"] {
      definitions.log.report(RemoteModelProblem.batchOfChat, at: batch.name.span)
    }
    (policy.batch, policy.within) = (1, 0)
  }

  /// `1M tokens/h per tenant`
  private func budget(_ syntax: OptionValueSyntax) -> TokenBudget? {
    func wrong() -> TokenBudget? {
      if !options.isReportedAlready(syntax) {
        definitions.log.report(RemoteModelProblem.budget, at: syntax.span)
      }
      return nil
    }
    guard case .qualified(let value, let qualifiers) = syntax.kind,
      case .int(let tokens)? = options.plain(value), tokens > 0, let unit = qualifiers.first,
      unit.word.text == "tokens", case .name(let word)? = unit.value?.kind,
      let span = Self.spans[word.text]
    else { return wrong() }
    var budget = TokenBudget(tokens: tokens, span: span)
    guard qualifiers.count > 1 else { return budget }
    guard qualifiers[1].word.text == "per", let column = qualifiers[1].value else { return wrong() }
    switch column.kind {
    case .name(let name): budget.column = name.text
    case .member: budget.column = definitions.text(column.span)
    default: return wrong()
    }
    return budget
  }

  private static let spans: [String: Int64] = [
    "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
  ]

  /// The texts of `in ["positive", "neutral"]`. `areChosen`: whether the model is one that chooses.
  func texts(
    in syntax: ExpressionSyntax, of field: Field, areChosen: Bool
  ) -> [String] {
    guard areChosen else {
      definitions.log.report(RemoteModelProblem.notChosen, at: syntax.span)
      return []
    }
    guard field.type.isTextual else {
      if field.type != .unknown {
        definitions.log.report(RemoteModelProblem.noText(field), at: syntax.span)
      }
      return []
    }
    guard case .list(let items) = syntax.kind, !items.isEmpty else {
      definitions.log.report(RemoteModelProblem.noChoice, at: syntax.span)
      return []
    }
    return items.compactMap { item in
      let place = "what `\(field.name)` may be"
      guard case .string(let text)? = definitions.constant(item, as: .string, place: place)
      else { return nil }
      return text
    }
  }
}

extension ModelSpec {
  /// Whether it makes one text one list of numbers.
  fileprivate var isEmbedding: Bool {
    inputs.map(\.field.type) == [.string]
      && outputs.map(\.field.type) == [.list(FieldType(.float))]
  }
}

extension DataType {
  /// A text, or texts.
  fileprivate var isTextual: Bool {
    switch self {
    case .string: true
    case .list(let element): element.type == .string
    default: false
    }
  }
}
