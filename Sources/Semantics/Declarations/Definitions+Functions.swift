import Diagnostics
import Plans
import Schemas
import Syntax

/// A function of the definition's author.
struct UserFunction {
  struct Parameter {
    var name: Identifier
    var fieldType: FieldType
  }

  var name: Identifier
  var parameters: [Parameter]
  var result: FieldType
  var body: ExpressionSyntax
  var documentation: String
}

/// A function's body, typed once: its parameters are columns of it, in whose place calls put their
/// arguments.
struct FunctionBody {
  let expression: Expression
  /// Nodes of the expression.
  let size: Int
  /// How often each parameter stands in it.
  let uses: [String: Int]

  init(_ expression: Expression) {
    self.expression = expression
    var uses: [String: Int] = [:]
    size = Self.count(expression, &uses)
    self.uses = uses
  }

  private static func count(_ expression: Expression, _ uses: inout [String: Int]) -> Int {
    if case .column(let name) = expression.node { uses[name, default: 0] += 1 }
    return expression.operands.reduce(1) { $0 + count($1, &uses) }
  }

  /// The nodes of the body with arguments of these sizes in the place of its parameters.
  func size(with arguments: [(name: String, size: Int)]) -> Int {
    arguments.reduce(size) { $0 + (uses[$1.name] ?? 0) * ($1.size - 1) }
  }
}

extension Definitions {
  /// A call may become this many nodes, and all calls of a definition together this many: functions
  /// that call functions twice over would else double with each step.
  static let mostNodesOfCall = 4_096
  static let mostNodesOfCalls = 200_000
  /// Declarations that are being checked within each other.
  static let deepest = 100

  func collectFunctions(_ declarations: [DeclarationSyntax]) {
    var seen: [String: Span] = [:]
    for case .function(let declaration) in declarations
    where isFirst(declaration.name, "function", &seen) {
      var names: [String: Span] = [:]
      var isSound = true
      let parameters = declaration.parameters.map { parameter in
        if !isFirst(parameter.name, "parameter", &names) { isSound = false }
        return UserFunction.Parameter(
          name: parameter.name, fieldType: type(parameter.type) ?? FieldType(.unknown))
      }
      if let owner = owner(of: declaration.name.text) {
        log.report(
          NameProblem.functionTaken(declaration.name.text, owner), at: declaration.name.span)
        isSound = false
      }
      let result = type(declaration.result)
      functions[declaration.name.text] = UserFunction(
        name: declaration.name, parameters: parameters,
        result: isSound ? result ?? FieldType(.unknown) : FieldType(.unknown),
        body: declaration.body,
        documentation: declaration.head.documentation)
    }
    // Also what nobody calls: a mistake in it is one.
    let names = functions.values.sorted { $0.name.span < $1.name.span }.map(\.name.text)
    for name in DependencyOrder.of(names, { functions[$0]?.body.calls ?? [] }) {
      if let function = functions[name] { _ = body(of: function) }
    }
  }

  private func owner(of name: String) -> FunctionName.Owner? {
    foreign[name] == nil ? FunctionName.owner(of: name) : .program
  }

  /// The body of a function, checked when it is first asked for; nil where it is wrong, which was
  /// reported at its own place.
  func body(of function: UserFunction) -> FunctionBody? {
    let name = function.name.text
    if let known = bodies[name] { return known }
    // Only circles go deep; of a very long one the end is not waited for.
    let isDeep = activeFunctions.count >= Self.deepest
    if let start = isDeep ? 0 : activeFunctions.firstIndex(of: name) {
      let circle = Array(activeFunctions[start...]) + [name]
      log.report(StageProblem.recursiveFunction(circle), at: function.name.span)
      return nil
    }
    activeFunctions.append(name)
    defer { activeFunctions.removeLast() }
    let fields = function.parameters.map { Field($0.name.text, $0.fieldType) }
    let checker = ExpressionChecker(self, RowScope(fields))
    checker.place = .function(isImported: function.name.span.file != file.id)
    let checked = checker.check(
      function.body, as: function.result, place: "the result of `\(name)`")
    let isWrong = checked.type == .unknown || function.result.type == .unknown
    let body = isWrong ? nil : FunctionBody(checked)
    bodies[name] = .some(body)
    return body
  }

  /// The body with the arguments in the place of the parameters, which they fit.
  func call(
    _ function: UserFunction, _ arguments: [Expression], at span: Span
  ) -> Typed {
    used.functions.insert(function.name.text)
    guard let body = body(of: function) else { return .wrong }
    let names = function.parameters.map(\.name.text)
    let sizes = zip(names, arguments).map { (name: $0, size: FunctionBody($1).size) }
    let size = body.size(with: sizes)
    nodesOfCalls += size
    guard size <= Self.mostNodesOfCall, nodesOfCalls <= Self.mostNodesOfCalls else {
      log.report(StageProblem.callTooLarge(function.name.text), at: span)
      return .wrong
    }
    let values = Dictionary(zip(names, arguments), uniquingKeysWith: { first, _ in first })
    return Typed(body.expression.substituting(values))
  }
}

extension Span {
  /// In the order of the files, and within one of the text.
  static func < (a: Span, b: Span) -> Bool { (a.file.index, a.start) < (b.file.index, b.start) }
}
