import Schemas

extension Expression {
  /// The worst that can happen to a row in the whole expression. O(size of the expression).
  public var fallibility: FunctionSignature.Fallibility {
    operands.reduce(ownFallibility) { worst($0, $1.fallibility) }
  }

  /// Whether some row can fail. Such an expression keeps its place behind the filters before it.
  public var isFallible: Bool { fallibility != .never }

  /// Whether the expression is the same for every row.
  public var isConstant: Bool {
    switch node {
    case .column, .eventTime: return false
    default: break
    }
    return operands.allSatisfy(\.isConstant)
  }

  private var ownFallibility: FunctionSignature.Fallibility {
    switch node {
    case .call(let name, let arguments):
      guard
        let signature = FunctionCatalogue.signature(of: name, types: arguments.map(\.type))
      else { return .data }
      if FunctionSignature.name(triedBy: name) == nil,
        signature.hasVaryingSetting(arguments)
      {
        return .data
      }
      if signature.fallibility == .overflow, arguments.allSatisfy({ $0.type == .float }) {
        return .never
      }
      return signature.fallibility
    case .cast(let operand, let isTry):
      if isTry { return .never }
      switch CastRules.verdict(from: operand.type, to: type) {
      case .total: return .never
      case .partial: return .data
      case .impossible: return .data
      }
    default: return .never
    }
  }

  private func worst(
    _ a: FunctionSignature.Fallibility, _ b: FunctionSignature.Fallibility
  ) -> FunctionSignature.Fallibility {
    if a == .data || b == .data { return .data }
    return a == .overflow || b == .overflow ? .overflow : .never
  }
}

extension FunctionSignature {
  /// Whether a pattern, zone or path comes with the row: it may make no sense.
  package func hasVaryingSetting(_ arguments: [Expression]) -> Bool {
    guard refusesSettings else { return false }
    return arguments.indices.contains { index in
      if case .literal = arguments[index].node { return false }
      return parameter(at: index) == .setting
    }
  }
}
