import Diagnostics
import Plans
import Syntax

/// Declared tasks, each checked once.
extension StreamGraph {
  func checkTasks(_ declarations: [DeclarationSyntax]) {
    var seen: [String: Span] = [:]
    for case .task(let declaration) in declarations
    where definitions.isFirst(declaration.name, "task", &seen) {
      tasks[declaration.name.text] = .some(TaskChecker(options).check(declaration))
    }
  }

  /// Nil where it is none, or a wrong one, which was reported.
  func task(_ name: Identifier) -> DeclaredTask? {
    if let known = tasks[name.text] {
      definitions.used.tasks.insert(name.text)
      return known
    }
    if !name.text.isEmpty {
      definitions.log.report(
        TaskProblem.unknown(name.text, known: tasks.keys.sorted()), at: name.span)
    }
    return nil
  }
}
