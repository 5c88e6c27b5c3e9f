package import Diagnostics
import Optimizer
package import Plans
package import Semantics
import Syntax

/// From the text of a definition to a plan that runs, or to all that is wrong with it.
package enum DefinitionCompiler {
  /// Mistakes that are reported at most.
  package static let limit = 20

  /// Bytes of the largest file that is read.
  package static let largestFile = ParserLimits.bytes

  /// `loader`: where imported files come from. `settings`: values of params by name, as text
  /// (`--set`), which go before those of `parameters`; those of params that there are not stand in
  /// `unknownSettings`. `functions`: those of an embedding program. `constants`: tells which
  /// patterns, paths and zones can't work; `models`: which models' files don't fit. Never fails:
  /// what is wrong stands in the diagnostics. Paths in the definition stay as they are written.
  package static func compile(
    file: SourceFile, loader: any SourceLoader = NoFiles(), settings: [String: String] = [:],
    parameters: ParameterFile = ParameterFile(), functions: [FunctionSignature] = [],
    constants: ConstantCheck = .none, models: ModelCheck = .none,
    recorder: CheckRecorder? = nil
  ) -> Compilation {
    let (tree, ownProblems) = Parser.parse(file)
    let imports = ImportResolver.resolve(tree, loader)
    let syntaxProblems = ownProblems + imports.syntaxProblems
    let isSound = !(syntaxProblems + imports.importProblems).contains { $0.severity == .error }
    let values = settings.mapValues { ParameterSetting($0, origin: "--set") }
      .merging(parameters.settings) { set, _ in set }
    let checked = PipelineChecker.check(
      tree, imports: imports, settings: values, functions: functions, constants: constants,
      models: models, syntaxIsSound: isSound,
      syntaxMistakes: syntaxProblems.filter { $0.severity == .error }.map(\.primary.span),
      recorder: recorder)
    let all = merge(syntaxProblems, imports.importProblems + checked.diagnostics)
    var compilation = Compilation(
      files: [file] + imports.trees.map(\.file), diagnostics: Array(all.prefix(limit)),
      parameters: checked.parameters)
    // The parser stops at the limit by itself.
    compilation.isCut = all.count > limit || syntaxProblems.count >= limit
    compilation.unknownSettings = values.keys.sorted().filter { name in
      !checked.parameters.contains { $0.name == name }
    }
    compilation.isLibrary = tree.isLibrary
    guard let logical = checked.plan else { return compilation }
    let optimised = Optimization.optimise(logical)
    let physical = PhysicalPlanner.plan(optimised.plan)
    if let problem = problem(of: physical, in: file) {
      return Compilation(
        files: compilation.files, diagnostics: compilation.diagnostics + [problem],
        parameters: checked.parameters)
    }
    compilation.logical = logical
    compilation.tests = checked.tests
    compilation.streams = checked.streams
    compilation.modes = checked.modes
    compilation.optimised = optimised.plan
    compilation.physical = physical
    return compilation
  }

  /// What a definition is called, by itself or else by its file.
  package static func name(of file: SourceFile) -> String {
    PipelineChecker.name(of: Parser.parse(file).tree)
  }

  /// What has this name already, so that no function can have it; nil of a free one.
  package static func owner(ofFunction name: String) -> String? {
    FunctionName.owner(of: name)?.rawValue
  }

  /// What is wrong with a plan that was made of a sound definition: a mistake of ours, told before
  /// anything runs.
  static func problem(of plan: PhysicalPlan, in file: SourceFile) -> Diagnostic? {
    let violations = PhysicalVerifier.violations(in: plan)
    guard !violations.isEmpty else { return nil }
    return Diagnostic(
      code: "E0601", title: "the engine has no plan that can run this",
      primary: Label(Span(0, 0, in: FileID(0)), "the definition is right; this is a bug"),
      notes: violations, hints: [Hint("report it, with the definition")])
  }

  /// Both in the order of the files. What the checker says of a line where the parser already found
  /// a mistake is left out: it is most likely the same mistake.
  private static func merge(_ first: [Diagnostic], _ second: [Diagnostic]) -> [Diagnostic] {
    let broken = first.filter { $0.severity == .error }.map(\.primary.span)
    let new = second.filter { diagnostic in
      let span = diagnostic.primary.span
      return !broken.contains { $0.contains(span) || span.contains($0) }
    }
    let sorted = (first + new).enumerated().sorted {
      let (a, b) = ($0.element.primary.span, $1.element.primary.span)
      return (a.file.index, a.start, $0.offset) < (b.file.index, b.start, $1.offset)
    }
    return sorted.map(\.element)
  }
}
