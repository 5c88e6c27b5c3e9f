import Diagnostics

/// Declarations and the steps of tests.
extension LayoutBuilder {
  mutating func addDeclaration(_ declaration: DeclarationSyntax) {
    switch declaration {
    case .pipeline, .imported: break
    case .parameter(let it):
      take(upTo: it.type.span.start)
      addType(it.type)
      if let value = it.defaultValue {
        take(upTo: value.span.start)
        addExpression(value)
      }
    case .type(let it):
      takeUpTo(.openBrace)
      addFields(it.fields)
    case .source(let it):
      take(upTo: it.type.span.start)
      addType(it.type)
      addConnector(it.connector)
    case .table(let it):
      take(upTo: it.type.span.start)
      addType(it.type)
      if let time = it.expireAfter {
        take(upTo: time.span.start)
        addExpression(time)
      }
      if case .connector(let connector) = it.origin { addConnector(connector) }
    case .model(let it), .task(let it): addConnector(it.connector)
    case .function(let it): addFunction(it)
    case .stream(let it): addStream(it)
    case .sink(let it):
      if let type = it.type {
        take(upTo: type.span.start)
        addType(type)
      }
      addConnector(it.connector)
    case .checkpoint(let it), .settings(let it):
      take()
      addOptions(it.options)
    case .test(let it):
      takeUpTo(.openBrace)
      addBlock(it.steps, .steps) { $0.addStep($1) }
    }
    take(upTo: declaration.span.end)
  }

  private mutating func addFunction(_ function: FunctionDeclaration) {
    take(upTo: function.name.span.end)
    joint = ""
    addBlock(function.parameters, .values) { builder, parameter in
      builder.take(upTo: parameter.type.span.start)
      builder.addType(parameter.type)
    }
    take(upTo: function.result.span.start)
    addType(function.result)
    take(upTo: function.body.span.start)
    addExpression(function.body)
  }

  private mutating func addStream(_ stream: StreamDeclaration) {
    guard let input = stream.input else { return }
    group { builder in
      builder.take(upTo: input.span.end)
      builder.indented { builder in
        let isOpen = builder.current.startsLine
        for stage in stream.stages {
          builder.breakLine(isHard: isOpen, keepsBlank: true)
          builder.unit { $0.addStage(stage) }
        }
      }
    }
  }

  private mutating func addStep(_ step: TestStepSyntax) {
    switch step.kind {
    case .given(_, let rows), .expect(_, _, let rows):
      takeUpTo(.openBracket)
      addRows(rows)
    case .responds(_, let answer):
      take(upTo: answer.span.start)
      addOptionValue(answer)
    case .advance(let value), .restart(let value):
      take(upTo: value.span.start)
      addExpression(value)
    case .crashAndRestore, .upgrade, .hold: break
    }
    take(upTo: step.span.end)
  }
}
