import Diagnostics
package import Syntax

/// A syntax tree as text for golden files: one line for a declaration, stage or item, expressions
/// with their operator first, so that precedence is seen.
package struct TreeDump {
  private var lines: [String] = []
  private var depth = 0

  package static func text(_ tree: SyntaxTree) -> String {
    var dump = TreeDump()
    for declaration in tree.declarations { dump.add(declaration) }
    return dump.lines.map { $0 + "\n" }.joined()
  }

  private mutating func line(_ text: String) {
    lines.append(String(repeating: "  ", count: depth) + text)
  }

  private mutating func indented(_ body: (inout TreeDump) -> Void) {
    depth += 1
    body(&self)
    depth -= 1
  }

  private mutating func add(_ declaration: DeclarationSyntax) {
    let documentation = declaration.head.documentation
    if !documentation.isEmpty {
      line("/// " + documentation.split(separator: "\n").joined(separator: " / "))
    }
    switch declaration {
    case .pipeline(let it): line("pipeline \(it.name.text)")
    case .parameter(let it):
      line(
        "param \(it.name.text): \(it.type.dump)"
          + (it.defaultValue.map { " = \($0.dump)" } ?? ""))
    case .type(let it):
      line("type \(it.name.text)")
      indented { dump in it.fields.forEach { dump.line($0.dump) } }
    case .source(let it):
      line("source \(it.name.text): \(it.type.dump) from \(it.connector.dump)")
    case .table(let it):
      let origin =
        switch it.origin {
        case .connector(let connector): connector.dump
        case .stream(let stream): "stream \(stream.dump)"
        }
      let keys = it.keys.map(\.text).joined(separator: ", ")
      line("table \(it.name.text): \(it.type.dump) \(it.versions) key \(keys) from \(origin)")
    case .model(let it): line("model \(it.name.text) using \(it.connector.dump)")
    case .task(let it): line("task \(it.name.text) using \(it.connector.dump)")
    case .function(let it):
      let parameters = it.parameters.map { "\($0.name.text): \($0.type.dump)" }
      line(
        "function \(it.name.text)(\(parameters.joined(separator: ", "))): \(it.result.dump)"
          + " = \(it.body.dump)")
    case .stream(let it):
      line("stream \(it.name.text) = \(it.input?.dump ?? "?")")
      indented { dump in it.stages.forEach { dump.add($0) } }
    case .sink(let it):
      let name = it.name.map { "\($0.text)\(it.type.map { ": \($0.dump)" } ?? "") = " } ?? ""
      line("sink \(name)\(it.input?.dump ?? "?") to \(it.connector.dump)")
    case .checkpoint(let it): line("checkpoint \(it.options.dump)")
    case .settings(let it): line("settings \(it.options.dump)")
    case .imported(let it): line("import \(it.path.dump)")
    case .test(let it):
      line("test \(it.name.dump)")
      indented { dump in it.steps.forEach { dump.line($0.dump) } }
    }
  }

  private mutating func add(_ stage: StageSyntax) {
    line(
      "| " + stage.kind.dump + (stage.name.map { " as \($0.text)" } ?? "")
        + (stage.errorRoute.map { " on_error \($0.dump)" } ?? ""))
  }
}

extension StreamReferenceSyntax {
  var dump: String { path.map(\.text).joined(separator: ".") }
}

extension ColumnReferenceSyntax {
  var dump: String { (side.map { "\($0.text)." } ?? "") + name.text }
}

extension TypeSyntax {
  var dump: String {
    switch kind {
    case .named(let name): name.text
    case .decimal(let precision, let scale): "decimal(\(precision.value), \(scale.value))"
    case .list(let element): "list<\(element.dump)>"
    case .map(let key, let value): "map<\(key.dump), \(value.dump)>"
    case .structure(let fields): "struct {\(fields.map(\.dump).joined(separator: "; "))}"
    case .optional(let type): "\(type.dump)?"
    case .missing: "?"
    }
  }
}

extension FieldSyntax {
  var dump: String {
    var text = documentation.isEmpty ? "" : "/// \(documentation) "
    text += "\(name.text): \(type.dump)"
    if let origin { text += " from \(origin.dump)" }
    if let timeFormat {
      switch timeFormat.kind {
      case .word(let word): text += " as \(word.text)"
      case .pattern(let pattern): text += " as \(pattern.dump)"
      }
      if let zone = timeFormat.zone { text += " zone \(zone.dump)" }
    }
    if let allowed { text += " in \(allowed.dump)" }
    return text
  }
}

extension ConnectorSyntax {
  var dump: String { name.text + (options.options.isEmpty ? "" : " \(options.dump)") }
}

extension OptionBlockSyntax {
  var dump: String {
    "{" + options.map { "\($0.name.text): \($0.value.dump)" }.joined(separator: "; ") + "}"
  }
}

extension OptionValueSyntax {
  var dump: String {
    switch kind {
    case .expression(let value): value.dump
    case .list(let values): "[" + values.map(\.dump).joined(separator: ", ") + "]"
    case .object(let block): block.dump
    case .connector(let connector): "connector \(connector.dump)"
    case .route(let route): "route \(route.dump)"
    case .qualified(let value, let qualifiers):
      value.dump
        + qualifiers.map { " <\($0.word.text)\($0.value.map { " \($0.dump)" } ?? "")>" }.joined()
    case .fields(let fields): "fields {" + fields.map(\.dump).joined(separator: "; ") + "}"
    case .missing: "?"
    }
  }
}

extension ErrorRouteSyntax {
  var dump: String {
    switch kind {
    case .fail: "fail"
    case .skip: "skip"
    case .deadLetter(let connector): "dead_letter to \(connector.dump)"
    case .missing: "?"
    }
  }
}

extension TestStepSyntax {
  var dump: String {
    switch kind {
    case .given(let stream, let rows): "given \(stream.dump) \(Self.dump(rows))"
    case .responds(let task, let answer): "given \(task.text) responds \(answer.dump)"
    case .advance(let time): "advance to \(time.dump)"
    case .expect(let stream, let comparison, let rows):
      "expect \(stream.dump) \(comparison.rawValue) \(Self.dump(rows))"
    case .crashAndRestore: "then crash and restore"
    case .restart(let parallelism): "then restart with parallelism \(parallelism.dump)"
    case .upgrade(let path): "then upgrade from \(path.dump)"
    case .hold: "then hold"
    }
  }

  private static func dump(_ rows: [ObjectSyntax]) -> String {
    "[" + rows.map(\.dump).joined(separator: ", ") + "]"
  }
}
