import Diagnostics
import Plans
import Schemas
import Syntax

/// Versions of models, side by side: files, or models of servers.
extension StreamGraph {
  /// Empty of a server's model that has none.
  func versions(
    _ written: OptionBlockSyntax, _ block: [Option], _ syntax: ServiceDeclaration
  ) -> [ModelSpec.Version] {
    let kind = syntax.connector.name.text
    guard let option = written["versions"] else {
      return kind == "onnx" ? onlyFile(written, block, syntax) : []
    }
    if kind == "onnx", let path = written["path"] {
      definitions.log.report(ModelProblem.twoFiles, at: path.name.span)
    }
    guard case .object(let block) = option.value.kind, !block.options.isEmpty else {
      if !options.isReportedAlready(option.value) {
        definitions.log.report(
          OptionProblem.wrongValue(
            "versions",
            expected:
              "versions, as in `{ v1: { \(Self.ownOption(kind)): \"…\", share: 100% } }`"),
          at: option.value.span)
      }
      return []
    }
    var seen: [String: Span] = [:]
    let versions = block.options.compactMap { option -> ModelSpec.Version? in
      guard definitions.isFirst(option.name, "version", &seen) else { return nil }
      return version(option, kind)
    }
    checkShares(
      versions, block, mayLack: written["chosen_by"] != nil, at: option.name.span)
    return versions
  }

  private func onlyFile(
    _ written: OptionBlockSyntax, _ block: [Option], _ syntax: ServiceDeclaration
  ) -> [ModelSpec.Version] {
    if written["path"] == nil {
      definitions.log.report(ModelProblem.noFile, at: syntax.name.span)
    }
    let path = block.last { $0.name == "path" }?.value
    return path.map { [ModelSpec.Version(name: nil, path: $0)] } ?? []
  }

  /// Of a server's model each version may say what it is called there: then nothing is left to say.
  func required(
    _ descriptors: [OptionDescriptor], _ written: OptionBlockSyntax
  ) -> [OptionDescriptor] {
    let versions = versionBlocks(written)
    guard !versions.isEmpty, versions.allSatisfy({ $0["model"] != nil }) else { return descriptors }
    return descriptors.map { descriptor in
      var descriptor = descriptor
      if descriptor.name == "model" { descriptor.isRequired = false }
      return descriptor
    }
  }

  func versionBlocks(_ written: OptionBlockSyntax) -> [OptionBlockSyntax] {
    guard case .object(let versions)? = written["versions"]?.value.kind else { return [] }
    return versions.options.compactMap { option in
      if case .object(let block) = option.value.kind { block } else { nil }
    }
  }

  /// What versions differ by.
  private static func ownOption(_ kind: String) -> String {
    switch kind {
    case "onnx": "path"
    case "http": "version"
    default: "model"
    }
  }

  private func version(_ option: OptionSyntax, _ kind: String) -> ModelSpec.Version? {
    let name = option.name.text
    if name == ModelSpec.fallbackVersion {
      definitions.log.report(ModelProblem.reserved(name), at: option.name.span)
    }
    guard case .object(let block) = option.value.kind else {
      if !options.isReportedAlready(option.value) {
        definitions.log.report(
          OptionProblem.wrongValue(
            name, expected: "a block, as in `{ \(Self.ownOption(kind)): \"…\", share: 90% }`"),
          at: option.value.span)
      }
      return nil
    }
    let parts = options.check(
      block, ModelCatalogue.version(ofKind: kind), block: "a version", at: option.name.span)
    var version = ModelSpec.Version(name: name, options: [], share: 0)
    for part in parts {
      switch (part.name, part.value) {
      case ("share", .percentage(let share)): version.share = share
      case ("shadow", .bool(let isShadow)): version.isShadow = isShadow
      default: version.options.append(part)
      }
      if part.name == "url", let url = block["url"] {
        HTTPRequestChecker(options, keys: [], fields: [])
          .checkAddress(part.value, at: url.value.span)
      }
    }
    if version.isShadow, let share = block["share"] {
      definitions.log.report(ModelProblem.shadowShare(name), at: share.span)
    }
    return version
  }

  /// All keys have a version, and each has one, unless rows may name it.
  private func checkShares(
    _ versions: [ModelSpec.Version], _ block: OptionBlockSyntax, mayLack: Bool, at span: Span
  ) {
    guard !definitions.log.hasError(within: block.span) else { return }
    let answering = versions.filter { !$0.isShadow }
    for version in answering where version.share == 0 && !mayLack {
      let place = block[version.name ?? ""]?.name.span ?? span
      return definitions.log.report(ModelProblem.noShare(version.name ?? ""), at: place)
    }
    let sum = answering.map(\.share).reduce(0, +)
    guard (sum - 1).magnitude > Self.shareTolerance else { return }
    definitions.log.report(ModelProblem.shares(sum, of: answering.compactMap(\.name)), at: span)
  }

  /// For what sums of percentages are off by.
  private static let shareTolerance = 1e-6

  func sticky(
    _ written: OptionBlockSyntax, _ spec: ModelSpec, _ syntax: ServiceDeclaration
  ) -> [String] {
    let answering = spec.answering.compactMap(\.name)
    guard let option = written["sticky"] else {
      if answering.count > 1 {
        definitions.log.report(
          ModelProblem.noSticky(answering), at: written["versions"]?.name.span ?? syntax.name.span)
      }
      return []
    }
    let columns = option.value.items.map(column)
    if !columns.isEmpty, !columns.contains(nil) {
      return answering.count > 1 ? columns.compactMap(\.self) : []
    }
    if !options.isReportedAlready(option.value) {
      definitions.log.report(
        OptionProblem.wrongValue(
          "sticky", expected: "a column, as in `sticky: user_id`, or several in brackets"),
        at: option.value.span)
    }
    return []
  }

  /// The column that names the version of a row.
  func choice(_ written: OptionBlockSyntax, _ spec: ModelSpec) -> String? {
    guard let option = written["chosen_by"] else { return nil }
    let columns = option.value.items.map(column)
    if columns.count == 1, let only = columns[0] {
      return spec.answering.count > 1 ? only : nil
    }
    if !options.isReportedAlready(option.value) {
      definitions.log.report(
        OptionProblem.wrongValue(
          "chosen_by", expected: "one column, as in `chosen_by: live.version`"),
        at: option.value.span)
    }
    return nil
  }

  private func column(_ item: OptionValueSyntax) -> String? {
    guard case .expression(let expression) = item.kind else { return nil }
    switch expression.kind {
    case .name(let name): return name.text
    case .member: return definitions.text(expression.span)
    default: return nil
    }
  }
}
