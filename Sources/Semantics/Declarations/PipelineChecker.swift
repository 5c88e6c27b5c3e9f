package import Diagnostics
package import Plans
import Schemas
package import Syntax

/// What the checker makes of a definition.
package struct CheckedPipeline: Sendable {
  /// Nil where the definition has mistakes, and of a library.
  package var plan: LogicalPlan?
  package var tests: [PipelineTest]
  package var parameters: [PipelineParameter]
  /// Where the rows of each stream and of its further outputs come out of the plan, by name.
  package var streams: [String: [LogicalInput]]
  /// Of each source and stream whether it appends or updates, in the order of the file.
  package var modes: [(stream: String, mode: StreamMode)]
  /// Mistakes and warnings in the order of the file.
  package var diagnostics: [Diagnostic]
}

/// Names and types: a syntax tree becomes a logical plan, or a list of all that is wrong with it.
package enum PipelineChecker {
  /// `imports`: the files that the definition imports. `settings`: values of params from outside.
  /// `syntaxIsSound`: whether the parser had nothing to report; after its mistakes there is no
  /// plan, and what is missing is not complained of.
  package static func check(
    _ tree: SyntaxTree, imports: ImportedFiles = ImportedFiles(),
    settings: [String: ParameterSetting] = [:], functions: [FunctionSignature] = [],
    constants: ConstantCheck = .none, models: ModelCheck = .none, syntaxIsSound: Bool = true,
    syntaxMistakes: [Span] = [],
    recorder: CheckRecorder? = nil
  ) -> CheckedPipeline {
    let log = DiagnosticLog()
    let definitions = Definitions(
      files: [tree.file] + imports.trees.map(\.file), log: log, lacksImports: imports.isIncomplete)
    definitions.recorder = recorder
    definitions.constants = constants
    definitions.models = models
    definitions.foreign = Dictionary(grouping: functions, by: \.name)
    let declarations = tree.declarations
    definitions.collect(
      imports.trees.flatMap(\.declarations).filter(\.isShared) + declarations,
      settings: settings)
    recorder?.record(definitions.parameters)
    let graph = StreamGraph(
      definitions, connections: KafkaConnections(definitions, declarations),
      headers: HeaderNames.read(by: tree))
    graph.declare(declarations)
    let settingsChecker = SettingsChecker(graph: graph)
    let (checkpoints, route) = settingsChecker.check(declarations)
    graph.pipelineRoute = route
    graph.resolveAll()
    checkSinks(declarations, graph)
    let tests = TestChecker(graph: graph, syntaxMistakes: syntaxMistakes)
    let checked = tests.check(declarations)
    graph.checkClusters()
    let (name, documentation) = pipelineName(tree, definitions)
    if syntaxIsSound, !log.hasErrors, !tree.isLibrary, checked.isEmpty { checkEnd(tree, graph) }
    if syntaxIsSound, !log.hasErrors, !tree.isLibrary {
      graph.inheritRoutes()
      let advice = Advice(graph: graph, expected: tests.streams, declarations: declarations)
      advice.give()
      advice.warnOfUnusedImports(tree, imports)
    }
    let plan = LogicalPlan(
      pipeline: name, documentation: documentation, nodes: graph.nodes,
      checkpoints: checkpoints, errorRoute: route ?? .fail)
    let isSound = syntaxIsSound && !log.hasErrors
    return CheckedPipeline(
      plan: isSound && !tree.isLibrary ? plan : nil, tests: isSound ? checked : [],
      parameters: definitions.parameters.values.sorted { $0.name < $1.name },
      streams: isSound ? graph.outputs : [:], modes: isSound ? graph.modes : [],
      diagnostics: log.diagnostics)
  }

  /// Rows go somewhere, or something is done for them.
  private static func checkEnd(_ tree: SyntaxTree, _ graph: StreamGraph) {
    let hasSink = tree.declarations.contains { if case .sink = $0 { true } else { false } }
    if hasSink || graph.nodes.contains(where: \.kind.makesCalls) { return }
    graph.definitions.log.report(
      StageProblem.noSink(fix: graph.addingSink(to: tree)), at: pipelineSpan(tree))
  }

  private static func checkSinks(_ declarations: [DeclarationSyntax], _ graph: StreamGraph) {
    var names: [String: Int] = [:]
    var own: [String: Span] = [:]
    for case .sink(let sink) in declarations {
      if let name = sink.name { _ = graph.definitions.isFirst(name, "sink", &own) }
      let path = sink.input?.path.map(\.text).joined(separator: ".") ?? ""
      let base = sink.name?.text ?? path
      let count = (names[base] ?? 0) + 1
      names[base] = count
      graph.check(sink, name: count == 1 ? base : "\(base).\(count)")
    }
  }

  /// The name of the `pipeline` declaration, or of the file.
  private static func pipelineName(
    _ tree: SyntaxTree, _ definitions: Definitions
  ) -> (String, String) {
    var first: PipelineDeclaration?
    for case .pipeline(let declaration) in tree.declarations {
      if let first {
        definitions.log.report(
          NameProblem.declaredTwice(
            declaration.name.text, what: "the pipeline", first: first.name.span),
          at: declaration.name.span)
      } else {
        first = declaration
      }
    }
    if let first { return (first.name.text, first.head.documentation) }
    return (name(ofFile: tree.file.path), "")
  }

  /// What a definition is called: by its `pipeline` declaration, or else like its file.
  package static func name(of tree: SyntaxTree) -> String {
    for case .pipeline(let declaration) in tree.declarations { return declaration.name.text }
    return name(ofFile: tree.file.path)
  }

  private static func name(ofFile path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? "pipeline"
    return file.hasSuffix(".raudal") ? String(file.dropLast(7)) : file
  }

  private static func pipelineSpan(_ tree: SyntaxTree) -> Span {
    for case .pipeline(let declaration) in tree.declarations { return declaration.name.span }
    return tree.file.span.before
  }
}

/// The headers that a definition reads: `meta.headers.x`, `meta.headers["x"]`.
enum HeaderNames {
  static func read(by tree: SyntaxTree) -> [String] {
    let tokens = tree.tokens
    var names: Set<String> = []
    for index in tokens.indices.dropLast(4)
    where tokens[index].kind == .name && tokens[index + 1].kind == .dot
      && tokens[index + 2].kind == .name
      && tree.file.text(tokens[index].span) == "meta"
      && tree.file.text(tokens[index + 2].span) == "headers"
    {
      let next = tokens[index + 3].kind
      if next == .dot, tokens[index + 4].kind == .name {
        names.insert(tree.file.text(tokens[index + 4].span))
      } else if next == .openBracket, index + 5 < tokens.count,
        tokens[index + 5].kind == .textPiece
      {
        names.insert(tree.file.text(tokens[index + 5].span))
      }
    }
    return names.sorted()
  }
}
