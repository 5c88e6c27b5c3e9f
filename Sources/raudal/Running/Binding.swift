import Glibc
import Plans

/// `--bind events=file:PATH`: another place for a source's or table's input.
struct Binding {
  var name: String
  var path: String

  init(parsing text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("file:"), parts[1].count > 5 else {
      throw CommandFailure.usage("--bind takes SOURCE=file:PATH, not `\(text)`")
    }
    name = String(parts[0])
    path = String(parts[1].dropFirst(5))
  }

  /// Paths here are the user's own: relative to where the command runs, not to the definition.
  private var connector: ConnectorSpec {
    var absolute = path
    if !path.hasPrefix("/"), let here = getcwd(nil, 0) {
      absolute = "\(String(cString: here))/\(path)"
      free(here)
    }
    return ConnectorSpec(connector: "file", options: [Option("path", .string(absolute))])
  }

  static func apply(_ bindings: [Binding], to plan: inout PhysicalPlan) throws {
    for binding in bindings {
      var isFound = false
      for index in plan.operators.indices {
        guard case .source(var spec) = plan.operators[index].kind, spec.name == binding.name
        else { continue }
        spec.connector = binding.connector
        plan.operators[index].kind = .source(spec)
        isFound = true
      }
      for index in plan.tables.indices where plan.tables[index].name == binding.name {
        plan.tables[index].connector = binding.connector
        isFound = true
      }
      guard !isFound else { continue }
      let names = plan.operators.compactMap { step -> String? in
        if case .source(let spec) = step.kind { spec.name } else { nil }
      }
      throw CommandFailure.usage(
        "--bind: there is no source or table `\(binding.name)`; there are "
          + (names + plan.tables.map(\.name)).joined(separator: ", "))
    }
  }
}
