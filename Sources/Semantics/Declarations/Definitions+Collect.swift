import Diagnostics
import Plans
import Schemas
import Syntax

/// Takes up types, params and functions before anything refers to them.
extension Definitions {
  func collect(_ declarations: [DeclarationSyntax], settings: [String: String]) {
    var types: [String: Span] = [:]
    for case .type(let declaration) in declarations
    where isFirst(declaration.name, "type", &types) {
      records[declaration.name.text] = RecordType(members: [])
    }
    // Members after all names, so that a type of another is told apart from an unknown one.
    var done: Set<String> = []
    for case .type(let declaration) in declarations
    where done.insert(declaration.name.text).inserted {
      records[declaration.name.text] = record(declaration.fields)
    }
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

  private func collect(_ declaration: ParameterDeclaration, _ settings: [String: String]) {
    let name = declaration.name.text
    guard let fieldType = type(declaration.type) else {
      parameters[name] = PipelineParameter(name: name, fieldType: FieldType(.unknown), value: nil)
      return
    }
    var value: Literal?
    if let text = settings[name] {
      value = SettingText.literal(text, as: fieldType.type)
      if value == nil {
        let problem = TypeProblem.badText(
          text, as: "\(fieldType.type)", example: SettingText.example(of: fieldType.type))
        log.report(problem, at: declaration.name.span)
      }
    } else if let syntax = declaration.defaultValue {
      value = constant(syntax, as: fieldType.type, place: "the default of `\(name)`")
    } else {
      log.report(
        OptionProblem.unsetParameter(name, type: fieldType), at: declaration.name.span)
    }
    parameters[name] = PipelineParameter(
      name: name, fieldType: fieldType, value: value, isSet: settings[name] != nil,
      documentation: declaration.head.documentation)
  }

  private func collectFunctions(_ declarations: [DeclarationSyntax]) {
    var seen: [String: Span] = [:]
    for case .function(let declaration) in declarations
    where isFirst(declaration.name, "function", &seen) {
      let parameters = declaration.parameters.map {
        UserFunction.Parameter(name: $0.name.text, fieldType: type($0.type) ?? FieldType(.unknown))
      }
      functions[declaration.name.text] = UserFunction(
        name: declaration.name, parameters: parameters,
        result: type(declaration.result) ?? FieldType(.unknown), body: declaration.body)
    }
    // Each once by itself, so that one that nobody calls is checked too.
    for function in functions.values.sorted(by: { $0.name.span.start < $1.name.span.start }) {
      var bindings: [String: Typed] = [:]
      for parameter in function.parameters {
        let stand = Expression(.column(parameter.name), parameter.fieldType)
        bindings[parameter.name] = parameter.fieldType.type == .unknown ? .wrong : Typed(stand)
      }
      _ = body(of: function, bindings: bindings)
    }
  }
}
