import Diagnostics
import Plans
import Schemas
import Syntax

/// Declared models, each checked once.
extension StreamGraph {
  func checkModels(_ declarations: [DeclarationSyntax]) {
    var seen: [String: Span] = [:]
    for case .model(let declaration) in declarations
    where definitions.isFirst(declaration.name, "model", &seen) {
      models[declaration.name.text] = .some(check(declaration))
    }
    checkNext(declarations)
    var isUnseen = false
    for case .model(let declaration) in declarations {
      guard let spec = models[declaration.name.text] ?? nil else { continue }
      look(at: spec, declaration, &isUnseen)
    }
  }

  /// Nil where it is none, or a wrong one, which was reported.
  func model(_ name: Identifier) -> ModelSpec? {
    if let known = models[name.text] {
      definitions.used.models.insert(name.text)
      return known
    }
    if !name.text.isEmpty {
      definitions.log.report(
        ModelProblem.unknown(name.text, known: models.keys.sorted()), at: name.span)
    }
    return nil
  }

  /// Holds each of its files against the declaration. That there is nobody to look is told once.
  private func look(at spec: ModelSpec, _ syntax: ServiceDeclaration, _ isUnseen: inout Bool) {
    let options = syntax.connector.options
    // Of a model elsewhere there is nothing here but its baseline.
    let looked =
      spec.remote == nil ? spec.versions : [ModelSpec.Version(name: nil, options: [])]
    for version in looked {
      guard let finding = definitions.models.finding(spec, version) else { continue }
      if case .baseline = finding, version != looked.first { continue }
      let file = pathSpan(of: version, in: options) ?? syntax.name.span
      switch finding {
      case .unseen(let how):
        if !isUnseen { definitions.log.report(ModelProblem.unseen(how), at: file) }
        isUnseen = true
      case .file(let reason):
        definitions.log.report(ModelProblem.file(reason), at: file)
      case .input(let text):
        definitions.log.report(
          ModelProblem.misfit(spec.name, text, file: file),
          at: options["input"]?.value.span ?? file)
      case .output(let text):
        definitions.log.report(
          ModelProblem.misfit(spec.name, text, file: file),
          at: options["output"]?.value.span ?? file)
      case .baseline(let reason):
        definitions.log.report(
          ModelProblem.baseline(reason), at: options["baseline"]?.value.span ?? file)
      }
    }
  }

  private func pathSpan(of version: ModelSpec.Version, in options: OptionBlockSyntax) -> Span? {
    guard let name = version.name else { return options["path"]?.value.span }
    guard case .object(let versions)? = options["versions"]?.value.kind,
      case .object(let block)? = versions[name]?.value.kind
    else { return nil }
    return block["path"]?.value.span
  }

  private func check(_ syntax: ServiceDeclaration) -> ModelSpec? {
    let kind = syntax.connector.name
    guard let descriptors = ModelCatalogue.options(ofKind: kind.text) else {
      if !kind.text.isEmpty {
        definitions.log.report(ModelProblem.unknownKind(kind.text), at: kind.span)
      }
      return nil
    }
    let written = syntax.connector.options
    let block = options.check(
      written, required(descriptors, written), block: "an \(kind.text) model", at: syntax.name.span)
    let inputs = fields(written, "input", syntax)
    let outputs = fields(written, "output", syntax)
    checkOutputs(outputs)
    var spec = ModelSpec(
      name: syntax.name.text, kind: kind.text,
      inputs: inputs.map { ModelSpec.Input($0.field.bare, source: $0.source) },
      outputs: outputs.map(output), versions: [])
    spec.versions = versions(written, block, syntax)
    spec.sticky = sticky(written, spec, syntax)
    spec.choice = choice(written, spec)
    if kind.text == "onnx" {
      take(block, into: &spec)
      if let fallback = written["fallback"]?.value {
        spec.fallback = self.fallback(fallback, columns: outputs.map(\.field), ofModel: true)
      }
    } else {
      takeRemote(block, syntax, into: &spec)
    }
    spec.next = nextModel(written)?.text
    return definitions.log.hasError(within: syntax.head.span) ? nil : spec
  }

  private func take(_ block: [Option], into spec: inout ModelSpec) {
    for option in block {
      switch (option.name, option.value) {
      case ("batch", .object(let parts)):
        for part in parts {
          if case .int(let rows) = part.value { spec.batch = Int(rows) }
          if case .duration(let time) = part.value, time > 0 { spec.within = time }
        }
      case ("threads", .int(let threads)): spec.threads = Int(threads)
      case ("baseline", let path): spec.baseline = path
      default: break
      }
    }
  }
}

// MARK: - What it takes and gives

/// A field of `input` or `output`, and what the model calls it.
private struct ModelField {
  var field: Field
  var source: String
  /// The only texts that it may be; empty: any.
  var allowed: [String]
  var span: Span
}

extension Field {
  /// A null is never given to a model, so that an input may be null says nothing of it.
  fileprivate var bare: Field { Field(name, type) }
}

extension StreamGraph {
  private func fields(
    _ block: OptionBlockSyntax, _ name: String, _ syntax: ServiceDeclaration
  ) -> [ModelField] {
    guard let option = block[name] else { return [] }
    guard case .fields(let fields) = option.value.kind else {
      if case .object(let block) = option.value.kind, block.options.isEmpty {
        definitions.log.report(ModelProblem.nothing(name), at: option.value.span)
      } else if !options.isReportedAlready(option.value) {
        definitions.log.report(
          OptionProblem.wrongValue(name, expected: "names and types, as in `{ score: float }`"),
          at: option.value.span)
      }
      return []
    }
    if fields.isEmpty {
      definitions.log.report(ModelProblem.nothing(name), at: option.value.span)
    }
    let choices = name == "output" && syntax.connector.name.text == "openai"
    return definitions.record(fields, at: option.value.span).members.map { member in
      if !member.field.type.isOfModels, member.field.type != .unknown {
        definitions.log.report(
          ModelProblem.type(member.field, isInput: name == "input"), at: member.span)
      }
      var source = member.field.name
      if case .field(let own) = member.origin { source = own }
      let allowed = fields.first { $0.name.text == member.field.name }?.allowed
      return ModelField(
        field: member.field, source: source,
        allowed: allowed.map { texts(in: $0, of: member.field, areChosen: choices) } ?? [],
        span: member.span)
    }
  }

  private func checkOutputs(_ outputs: [ModelField]) {
    for output in outputs where output.field.name == ModelSpec.versionColumn {
      definitions.log.report(ModelProblem.reserved(output.field.name), at: output.span)
    }
  }

  /// `probabilities[1]` is the second of its values.
  private func output(_ field: ModelField) -> ModelSpec.Output {
    if field.source.hasSuffix("]"), let open = field.source.lastIndex(of: "["),
      let index = Int(field.source[field.source.index(after: open)...].dropLast()), index >= 0
    {
      return ModelSpec.Output(
        field.field, source: String(field.source[..<open]), index: index)
    }
    return ModelSpec.Output(field.field, source: field.source, allowed: field.allowed)
  }
}

extension DataType {
  /// Whether models take and give such values.
  fileprivate var isOfModels: Bool {
    switch self {
    case .bool, .int, .float, .string: true
    case .list(let inner):
      switch inner.type {
      case .bool, .int, .float, .string: true
      default: false
      }
    default: false
    }
  }
}
