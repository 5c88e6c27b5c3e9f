import Diagnostics
import Plans
import Schemas
import Syntax

/// Takes up types, params and functions before anything refers to them.
extension Definitions {
  func collect(_ declarations: [DeclarationSyntax], settings: [String: ParameterSetting]) {
    var types: [String: Span] = [:]
    for case .type(let declaration) in declarations
    where isFirst(declaration.name, "type", &types) {
      openRecords[declaration.name.text] = declaration
    }
    // Members after all names, for a type may stand in one before it.
    for case .type(let declaration) in declarations { _ = record(named: declaration.name) }
    var names: [String: Span] = [:]
    for case .parameter(let declaration) in declarations
    where isFirst(declaration.name, "param", &names) {
      collect(declaration, settings)
    }
    collectFunctions(declarations)
  }

  /// Whether the name is new; reports it otherwise.
  func isFirst(_ name: Identifier, _ what: String, _ seen: inout [String: Span]) -> Bool {
    if let first = seen[name.text] {
      log.report(NameProblem.declaredTwice(name.text, what: what, first: first), at: name.span)
      return false
    }
    seen[name.text] = name.span
    return true
  }

  private func collect(
    _ declaration: ParameterDeclaration, _ settings: [String: ParameterSetting]
  ) {
    let name = declaration.name.text
    let setting = settings[name]
    guard let fieldType = type(declaration.type) else {
      parameters[name] = PipelineParameter(name: name, fieldType: FieldType(.unknown), value: nil)
      return
    }
    var value: Literal?
    if !fieldType.type.isScalar || fieldType.type == .json {
      log.report(TypeProblem.noParameterType(fieldType), at: declaration.type.span)
    } else if let setting {
      value = SettingText.literal(setting, as: fieldType)
      if value == nil {
        let example = SettingText.example(of: fieldType.type)
        let problem = TypeProblem.badSetting(name, setting, type: fieldType, example: example)
        log.report(problem, at: declaration.name.span)
      }
    } else if let syntax = declaration.defaultValue {
      value = defaultValue(syntax, fieldType, of: declaration)
    } else {
      log.report(
        OptionProblem.unsetParameter(name, type: fieldType), at: declaration.name.span)
    }
    parameters[name] = PipelineParameter(
      name: name, fieldType: fieldType, value: value, isSet: setting != nil,
      documentation: declaration.head.documentation)
  }

  /// A text is the default of bytes too: those of its UTF-8.
  private func defaultValue(
    _ syntax: ExpressionSyntax, _ type: FieldType, of declaration: ParameterDeclaration
  ) -> Literal? {
    if type.type == .bytes, case .text(let text) = syntax.kind, let constant = text.constant {
      return .bytes(Array(constant.utf8))
    }
    let name = declaration.name.text
    let checker = ExpressionChecker(self, RowScope([]))
    if checker.isNull(syntax), !type.isNullable {
      let hint = Hint(
        "let it be null, `\(name): \(type)?`, or leave the default out: then it has to be set",
        edits: [Edit(declaration.type.span.after, "?")])
      let found = FieldType(.unknown, nullable: true)
      log.report(
        TypeProblem.nullable(found, where: "param `\(name)`", hints: [hint]), at: syntax.span)
      return nil
    }
    return checker.constant(syntax, as: type, place: "the default of `\(name)`")
  }
}
