import Diagnostics
import Plans
import Schemas
import Syntax

/// Turns blocks of options into data and says what is wrong with them.
struct OptionChecker {
  let definitions: Definitions

  /// The options of a block, without those whose kind speaks of the stream (`key`, `headers`,
  /// `tombstone`, `event_time`, `on_error`, `fallback`, templates): their meaning is for the caller
  /// to find.
  /// `block` is what messages call it.
  func check(
    _ syntax: OptionBlockSyntax, _ descriptors: [OptionDescriptor], block: String, at span: Span
  ) -> [Option] {
    var seen: [String: Span] = [:]
    var result: [Option] = []
    var misspelt: Set<String> = []
    for option in syntax.options {
      let name = option.name.text
      if let first = seen[name] {
        definitions.log.report(OptionProblem.twice(name, first: first), at: option.name.span)
        continue
      }
      seen[name] = option.name.span
      guard let descriptor = descriptors.first(where: { $0.name == name }) else {
        let known = descriptors.map(\.name)
        if let meant = Spelling.nearest(to: name, among: known) { misspelt.insert(meant) }
        definitions.log.report(
          OptionProblem.unknownOption(name, block: block, known: known), at: option.name.span)
        continue
      }
      if descriptor.isLater {
        definitions.log.report(StageProblem.later("`\(name)`"), at: option.name.span)
        continue
      }
      if let value = value(option.value, descriptor) { result.append(Option(name, value)) }
    }
    for descriptor in descriptors
    where descriptor.isRequired && seen[descriptor.name] == nil
      && !misspelt.contains(descriptor.name)
    {
      definitions.log.report(OptionProblem.missing(descriptor.name, block: block), at: span)
    }
    return result
  }

  private func report(_ problem: OptionProblem, at span: Span) -> OptionValue? {
    definitions.log.report(problem, at: span)
    return nil
  }

  /// The option's value if it is one the descriptor takes; nil where it was reported, or is for the
  /// caller.
  private func value(
    _ syntax: OptionValueSyntax, _ descriptor: OptionDescriptor
  ) -> OptionValue? {
    let name = descriptor.name
    switch descriptor.kind {
    case .columns, .expressions, .condition, .eventTime, .errorRoute, .constants, .template,
      .jsonTemplate, .textTemplates, .templates, .textOrBlock, .markup, .fields, .versions,
      .budget, .value, .rates, .concurrencies, .outcomes, .hours:
      return nil
    case .intOrList(let range): return ints(syntax, name, range)
    case .batching: return batching(syntax, name)
    case .share: return share(syntax, name)
    case .number(let range): return number(syntax, name, range)
    case .backoff: return backoff(syntax, name)
    case .durationOrBlock(let options): return durationOrBlock(syntax, name, options)
    case .word(let words): return word(syntax, name, words)
    case .start(let words):
      if case .expression(let expression) = syntax.kind,
        case .literal(.timestamp) = expression.kind
      {
        let value = definitions.constant(expression, as: .timestamp, place: "`start`")
        guard case .timestamp(let time) = value else { return nil }
        return .object([Option("timestamp", .int(time))])
      }
      if case .object(let block) = syntax.kind { return offsets(block) }
      return word(
        syntax, name, words, further: ["timestamp \"…\"", "{ \"PARTITION\": OFFSET, … }"])
    case .block(let options), .switchOrBlock(let options):
      if case .object(let block) = syntax.kind {
        return .object(check(block, options, block: "`\(name)`", at: syntax.span))
      }
      if case .switchOrBlock = descriptor.kind, case .bool(let isOn)? = plain(syntax) {
        return .bool(isOn)
      }
      let isSwitch = if case .switchOrBlock = descriptor.kind { true } else { false }
      let expected = isSwitch ? "true, false or a block `{ … }`" : "a block `{ … }`"
      return report(.wrongValue(name, expected: expected), at: syntax.span)
    case .freeBlock: return freeBlock(syntax, name)
    case .textOrList: return texts(syntax, name)
    case .pattern: return pattern(syntax, name)
    case .headerName: return headerName(syntax, name)
    case .text, .secretText, .bool, .int, .duration: return scalar(syntax, descriptor)
    }
  }

  private func scalar(
    _ syntax: OptionValueSyntax, _ descriptor: OptionDescriptor
  ) -> OptionValue? {
    let name = descriptor.name
    if [.text, .secretText].contains(descriptor.kind), let text = bareText(syntax) {
      return report(.unquoted(name, text), at: syntax.span)
    }
    guard let value = plain(syntax) else {
      if isReportedAlready(syntax) { return nil }
      return report(.wrongValue(name, expected: expected(descriptor.kind)), at: syntax.span)
    }
    switch (descriptor.kind, value) {
    case (.text, let value) where holdsSecret(value):
      return report(.secretHere(name), at: syntax.span)
    case (.text, .string), (.text, .environment), (.text, .text), (.secretText, .string),
      (.secretText, .environment), (.secretText, .text), (.secretText, .secret), (.bool, .bool):
      if case (.text, .string(let text)) = (descriptor.kind, value) {
        return constantText(text, name, syntax.span)
      }
      return value
    case (.duration(let least), .duration(let time)):
      if time >= least { return value }
      return report(.tooShort(name, isAboveZero: least > 0), at: syntax.span)
    case (.int(let range), .int(let number)):
      return range.contains(number) ? value : report(.outOfRange(name, range), at: syntax.span)
    default:
      return report(.wrongValue(name, expected: expected(descriptor.kind)), at: syntax.span)
    }
  }

  /// A text that stands in the definition; what comes from outside shows at the start.
  private func constantText(_ text: String, _ name: String, _ span: Span) -> OptionValue? {
    if text.isEmpty { return report(.emptyText(name), at: span) }
    if name == "separator", !Self.isSeparator(text) {
      return report(
        .wrongValue(name, expected: "one ASCII character, no quote, or \"tab\""), at: span)
    }
    return .string(text)
  }

  private static func isSeparator(_ text: String) -> Bool {
    if text == "tab" || text == "\\t" { return true }
    let bytes = Array(text.utf8)
    return bytes.count == 1 && bytes[0] < 0x80 && ![0x22, 0x0A, 0x0D].contains(bytes[0])
  }

  private func expected(_ kind: OptionDescriptor.Kind) -> String {
    switch kind {
    case .bool: "true or false"
    case .int: "a whole number"
    case .duration: "a duration such as 10s"
    default: "a text"
    }
  }

  /// `{ "0": 120, "orders:1": 7 }`: where to begin, by partition.
  private func offsets(_ block: OptionBlockSyntax) -> OptionValue? {
    var options: [Option] = []
    var seen: [String: Span] = [:]
    for option in block.options {
      let name = option.name.text
      guard definitions.isFirst(option.name, "partition", &seen) else { continue }
      let number = name.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
      guard let number = Int32(number), number >= 0, !name.hasPrefix(":") else {
        definitions.log.report(OptionProblem.badPartition(name), at: option.name.span)
        continue
      }
      guard case .int(let offset)? = plain(option.value), offset >= 0 else {
        if !isReportedAlready(option.value) {
          definitions.log.report(
            OptionProblem.wrongValue(name, expected: "an offset, 0 or more"),
            at: option.value.span)
        }
        continue
      }
      options.append(Option(name, .int(offset)))
    }
    guard !block.options.isEmpty else {
      return report(.wrongValue("start", expected: "offsets by partition"), at: block.span)
    }
    return options.count == block.options.count ? .object(options) : nil
  }

  /// `further`: what else may stand there, for a message.
  private func word(
    _ syntax: OptionValueSyntax, _ name: String, _ words: [String], further: [String] = []
  ) -> OptionValue? {
    if case .expression(let expression) = syntax.kind, case .name(let word) = expression.kind,
      words.contains(word.text)
    {
      return .word(word.text)
    }
    switch plain(syntax) {
    case .word(let text), .string(let text):
      if words.contains(text) { return .word(text) }
      return report(.wrongWord(text, option: name, words: words + further), at: syntax.span)
    case nil where isReportedAlready(syntax): return nil
    default:
      let all = list(words + further)
      return report(.wrongValue(name, expected: "one of \(all)"), at: syntax.span)
    }
  }

  private func texts(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    let items: [OptionValueSyntax]
    switch syntax.kind {
    case .list(let values): items = values
    case .expression(let expression):
      guard case .list(let values) = expression.kind else { return text(syntax, name) }
      items = values.map { OptionValueSyntax(.expression($0), $0.span) }
    default: return text(syntax, name)
    }
    if items.isEmpty {
      return report(.wrongValue(name, expected: "a text, or several in brackets"), at: syntax.span)
    }
    return .list(items.compactMap { text($0, name) })
  }

  /// A text that is not empty.
  private func text(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    let value = scalar(syntax, OptionDescriptor(name, .text, ""))
    if value == .string("") {
      return report(.wrongValue(name, expected: "a text that is not empty"), at: syntax.span)
    }
    return value
  }

  /// A regular expression; one that is known only at start is looked at there.
  private func pattern(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard let value = text(syntax, name) else { return nil }
    if case .string(let pattern) = value, let flaw = RegularPattern.flaw(in: pattern) {
      return report(.badPattern(pattern, flaw: flaw), at: syntax.span)
    }
    return value
  }

  private func freeBlock(_ syntax: OptionValueSyntax, _ name: String) -> OptionValue? {
    guard case .object(let block) = syntax.kind else {
      return report(.wrongValue(name, expected: "a block `{ … }`"), at: syntax.span)
    }
    var options: [Option] = []
    for option in block.options {
      if let reason = OwnedKafkaKeys.reason(option.name.text) {
        definitions.log.report(
          OptionProblem.ownedKey(option.name.text, reason: reason), at: option.name.span)
      } else if let value = plain(option.value) {
        options.append(Option(option.name.text, value))
      } else if !isReportedAlready(option.value) {
        definitions.log.report(
          OptionProblem.wrongValue(option.name.text, expected: "a text or number"),
          at: option.value.span)
      }
    }
    return .object(options)
  }

  func isReportedAlready(_ syntax: OptionValueSyntax) -> Bool {
    if case .missing = syntax.kind { return true }
    return definitions.log.hasError(within: syntax.span)
  }
}

/// Keys of librdkafka that the engine sets itself, and why.
enum OwnedKafkaKeys {
  static func reason(_ key: String) -> String? {
    reasons[key]
  }

  private static let reasons: [String: String] = [
    "bootstrap.servers": "write `brokers:`",
    "metadata.broker.list": "write `brokers:`",
    "group.id": "write `group:`",
    "transactional.id": "named after the pipeline, so that a restart fences the old process",
    "transaction.timeout.ms": "follows from `checkpoint { every }`",
    "enable.idempotence": "exactly once rests on it",
    "enable.auto.commit": "positions are kept in checkpoints",
    "enable.auto.offset.store": "positions are kept in checkpoints",
    "auto.offset.reset": "write `start:` and `on_gap:`",
    "isolation.level": "only committed records are read",
    "partitioner": "keys go where Java's producers put them",
    "enable.partition.eof": "the engine must know where a partition ends",
    "group.instance.id": "partitions are assigned by the engine",
    "partition.assignment.strategy": "partitions are assigned by the engine",
  ]
}
