import Diagnostics
import Syntax

/// The names that a definition declares, and where they are used. Columns are none of these: they
/// come and go from stage to stage.
struct NameIndex {
  /// What has names of its own.
  enum Space: Hashable {
    case stream, type, function, parameter, model, task
  }

  struct Declaration {
    var space: Space
    var name: Identifier
    var head: DeclarationHead
  }

  struct Use: Hashable {
    var space: Space
    var name: String
    var span: Span
  }

  private(set) var declarations: [Declaration] = []
  /// Every place of a name, its declaration included, in the order in which they are found.
  private(set) var uses: [Use] = []
  private var scopes = LocalNameScopes()

  init(_ tree: SyntaxTree) {
    for declaration in tree.declarations { declare(declaration) }
    for declaration in tree.declarations { add(declaration) }
  }

  /// The parameters of functions and lambdas.
  var locals: [LocalName] { scopes.names }

  func declaration(of use: Use) -> Declaration? {
    declarations.first { $0.space == use.space && $0.name.text == use.name }
  }

  func use(at offset: Int) -> Use? {
    uses.first { Int($0.span.start) <= offset && offset <= Int($0.span.end) }
  }

  /// All places of the same name, in the order of the file.
  func places(of use: Use) -> [Span] {
    Set(uses.filter { $0.space == use.space && $0.name == use.name }.map(\.span))
      .sorted { $0.start < $1.start }
  }

  mutating func add(_ space: Space, _ name: Identifier) {
    guard !name.text.isEmpty else { return }
    uses.append(Use(space: space, name: name.text, span: name.span))
  }

  /// A param is known by the checker, which tells it from a column of its name.
  mutating func addParameter(_ name: String, at span: Span) {
    uses.append(Use(space: .parameter, name: name, span: span))
  }

  private mutating func declare(_ declaration: DeclarationSyntax) {
    let (space, name): (Space, Identifier)
    switch declaration {
    case .parameter(let it): (space, name) = (.parameter, it.name)
    case .type(let it): (space, name) = (.type, it.name)
    case .source(let it): (space, name) = (.stream, it.name)
    case .table(let it): (space, name) = (.stream, it.name)
    case .stream(let it): (space, name) = (.stream, it.name)
    case .model(let it): (space, name) = (.model, it.name)
    case .task(let it): (space, name) = (.task, it.name)
    case .function(let it): (space, name) = (.function, it.name)
    case .pipeline, .sink, .checkpoint, .settings, .test, .imported: return
    }
    declarations.append(Declaration(space: space, name: name, head: declaration.head))
    add(space, name)
  }
}

// MARK: - Declarations

extension NameIndex {
  private mutating func add(_ declaration: DeclarationSyntax) {
    switch declaration {
    case .pipeline, .imported: break
    case .parameter(let it):
      add(it.type)
      if let value = it.defaultValue { add(value) }
    case .type(let it): it.fields.forEach { add($0) }
    case .source(let it):
      add(it.type)
      add(it.connector.options)
    case .table(let it):
      add(it.type)
      if let time = it.expireAfter { add(time) }
      switch it.origin {
      case .connector(let connector): add(connector.options)
      case .stream(let stream): add(.stream, stream.stream)
      }
    case .model(let it), .task(let it): add(it.connector.options)
    case .function(let it):
      it.parameters.forEach { add($0.type) }
      add(it.result)
      let outer = scopes.enter(it.parameters.map(\.name))
      add(it.body)
      scopes.leave(to: outer)
    case .stream(let it):
      if let input = it.input { add(.stream, input.stream) }
      it.stages.forEach { add($0) }
    case .sink(let it):
      if let type = it.type { add(type) }
      if let input = it.input { add(.stream, input.stream) }
      add(it.connector.options)
    case .checkpoint(let it), .settings(let it): add(it.options)
    case .test(let it): it.steps.forEach { add($0) }
    }
  }

  private mutating func add(_ step: TestStepSyntax) {
    switch step.kind {
    case .given(let stream, let rows), .expect(let stream, _, let rows):
      add(.stream, stream.stream)
      for row in rows { row.members.forEach { add($0.value) } }
    case .responds(let task, let answer):
      add(.task, task)
      add(answer)
    case .advance(let value), .restart(let value): add(value)
    case .crashAndRestore, .upgrade, .hold: break
    }
  }

  private mutating func add(_ field: FieldSyntax) {
    add(field.type)
    if let allowed = field.allowed { add(allowed) }
  }

  mutating func add(_ type: TypeSyntax) {
    switch type.kind {
    case .named(let name): add(.type, name)
    case .list(let inner), .optional(let inner): add(inner)
    case .map(let key, let value):
      add(key)
      add(value)
    case .structure(let fields): fields.forEach { add($0) }
    case .decimal, .missing: break
    }
  }

  private mutating func add(_ block: OptionBlockSyntax) {
    block.options.forEach { add($0.value) }
  }

  private mutating func add(_ value: OptionValueSyntax) {
    switch value.kind {
    case .expression(let expression): add(expression)
    case .list(let values): values.forEach { add($0) }
    case .object(let block): add(block)
    case .connector(let connector): add(connector.options)
    case .route(let route): add(route)
    case .qualified(let value, let qualifiers):
      add(value)
      qualifiers.compactMap(\.value).forEach { add($0) }
    case .fields(let fields): fields.forEach { add($0) }
    case .missing: break
    }
  }

  private mutating func add(_ route: ErrorRouteSyntax) {
    if case .deadLetter(let connector) = route.kind { add(connector.options) }
  }

  mutating func add(_ expression: ExpressionSyntax) {
    switch expression.kind {
    case .name(let name): scopes.use(name)
    case .lambda(let parameters, let body):
      let outer = scopes.enter(parameters)
      add(body)
      return scopes.leave(to: outer)
    case .call(let call): add(.function, call.function)
    case .cast(_, let type, _): add(type)
    default: break
    }
    expression.kind.operands.forEach { add($0) }
  }
}
