import Diagnostics
import Plans
import Schemas
import Syntax

/// Models that stand in for others: `fallback: local_tone`.
extension StreamGraph {
  func nextModel(_ written: OptionBlockSyntax) -> Identifier? {
    guard let name = written["fallback"]?.value.name, name.text != Self.nulls else { return nil }
    return name
  }

  /// That each of them is there, and answers what those before it would have.
  func checkNext(_ declarations: [DeclarationSyntax]) {
    for case .model(let declaration) in declarations {
      guard let name = nextModel(declaration.connector.options),
        let spec = models[declaration.name.text] ?? nil
      else { continue }
      if let problem = problem(of: spec, name) {
        definitions.log.report(problem, at: name.span)
        models[declaration.name.text] = .some(nil)
      } else if model(name) == nil {
        models[declaration.name.text] = .some(nil)
      }
    }
  }

  private func problem(of spec: ModelSpec, _ name: Identifier) -> RemoteModelProblem? {
    guard let next = models[name.text] ?? nil else { return nil }
    var seen: Set<String> = [spec.name]
    var place: ModelSpec? = next
    while let model = place {
      guard seen.insert(model.name).inserted else {
        // Of a circle that it is no part of its members are told.
        return model.name == spec.name ? .circle(spec.name) : nil
      }
      place = model.next.flatMap { models[$0] ?? nil }
    }
    for output in spec.outputs {
      let other = next.outputs.first { $0.field.name == output.field.name }?.field
      guard other?.type == output.field.type else {
        return .standIn(next.name, for: spec.name, "output", output.field, other)
      }
    }
    for input in next.inputs {
      let own = spec.inputs.first { $0.field.name == input.field.name }?.field
      guard own?.type == input.field.type else {
        return .standIn(next.name, for: spec.name, "input", input.field, own)
      }
    }
    return nil
  }

  /// The models that stand in for one, in their order.
  func chain(behind model: ModelSpec) -> [ModelSpec] {
    var chain: [ModelSpec] = []
    var next = model.next
    while let name = next, let model = models[name] ?? nil {
      chain.append(model)
      next = model.next
    }
    return chain
  }
}
