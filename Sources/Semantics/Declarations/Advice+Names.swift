import Diagnostics
import Plans
import Schemas
import Syntax

/// Warnings of names that nothing uses.
extension Advice {
  func warnOfUnusedNames() {
    let used = usedStreams()
    for declaration in declarations {
      let (name, what): (Identifier, String)
      switch declaration {
      case .source(let source): (name, what) = (source.name, "source")
      case .table(let table): (name, what) = (table.name, "table")
      case .stream(let stream) where !stream.stages.isEmpty:
        (name, what) = (stream.name, "stream")
      case .parameter(let parameter)
      where !graph.definitions.used.parameters.contains(parameter.name.text):
        report(.unusedName(parameter.name.text, what: .param, removal(declaration)), parameter.name)
        continue
      case .type(let type) where !graph.definitions.used.types.contains(type.name.text):
        report(.unusedName(type.name.text, what: .type, removal(declaration)), type.name)
        continue
      case .function(let function)
      where !graph.definitions.used.functions.contains(function.name.text):
        report(
          .unusedName(function.name.text, what: .function, removal(declaration)), function.name)
        continue
      case .model(let model)
      where !graph.definitions.used.models.contains(model.name.text):
        report(.unusedName(model.name.text, what: .model, removal(declaration)), model.name)
        continue
      case .task(let task) where !graph.definitions.used.tasks.contains(task.name.text):
        report(.unusedName(task.name.text, what: .task, removal(declaration)), task.name)
        continue
      default: continue
      }
      if used.contains(name.text) { continue }
      let isNamed = names.contains(name.text)
      report(
        .unusedStream(name.text, what: what, isNamed ? nil : removal(declaration)), name)
    }
  }

  private func report(_ problem: NameProblem, _ name: Identifier) {
    graph.definitions.log.report(problem, at: name.span)
  }

  /// Sources, tables and streams that a sink, a call or a test depends on.
  private func usedStreams() -> Set<String> {
    let used = reachable()
    var names: Set<String> = []
    for index in used {
      let id = graph.nodes[index].id.name
      names.insert(id)
      if let dot = id.firstIndex(of: ".") { names.insert(String(id[..<dot])) }
    }
    return names
  }

  /// All steps that a sink, a call or a test depends on.
  private func reachable() -> Set<Int> {
    var open = expected.values.map(\.node)
    open += graph.nodes.indices.filter { graph.nodes[$0].kind.isEnd }
    var seen: Set<Int> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      open += graph.nodes[next].inputs.map(\.node)
      if let table = graph.nodes[next].kind.loadedTable { open.append(table) }
    }
    return seen
  }

  /// Sources, tables and streams that some declaration names, be it in vain: taking one away would
  /// make that one wrong.
  private var names: Set<String> {
    var names: Set<String> = []
    for declaration in declarations {
      switch declaration {
      case .stream(let stream):
        if let input = stream.input { names.insert(input.stream.text) }
        for stage in stream.stages {
          switch stage.kind {
          case .enrich(let enrich): names.insert(enrich.table.text)
          case .execute(let execute):
            if let steering = execute.steering { names.insert(steering.table.text) }
          case .join(let join): names.insert(join.other.stream.text)
          case .attribute(let it): names.insert(it.other.stream.text)
          case .union(let others): names.formUnion(others.map(\.stream.text))
          default: continue
          }
        }
      case .table(let table): names.formUnion(table.needs)
      case .test(let test):
        for step in test.steps {
          if case .given(let stream, _) = step.kind { names.insert(stream.stream.text) }
        }
      default: continue
      }
    }
    return names
  }

  /// Without the declaration and the rest of its line; nil where its documentation would be left.
  func removal(_ declaration: DeclarationSyntax) -> Edit? {
    guard declaration.head.documentation.isEmpty else { return nil }
    let bytes = graph.definitions.file.bytes
    var end = Int(declaration.span.end)
    while end < bytes.count, bytes[end] == UInt8(ascii: " ") { end += 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: "\n") { end += 1 }
    return Edit(Span(Int(declaration.span.start), end, in: declaration.span.file), "")
  }
}
