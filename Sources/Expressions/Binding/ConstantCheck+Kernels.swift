package import Plans
import Schemas

extension ConstantCheck {
  /// By binding the call to its kernel, as a start does: what that refuses is a flaw.
  package static let kernels = ConstantCheck { call in
    guard case .call(let name, let operands) = call.node,
      let signature = FunctionCatalogue.signature(of: name, types: operands.map(\.type)),
      signature.parameters.contains(where: \.isConstant)
    else { return nil }
    var arguments: [Evaluator] = []
    for (index, operand) in operands.enumerated() {
      if case .literal(let literal) = operand.node,
        let constant = try? Constant(literal, operand.type)
      {
        arguments.append(constant)
      } else {
        arguments.append(ColumnReader(index: index, operand.type))
      }
    }
    do throws(BindingError) {
      _ = try KernelTable.bind(
        Call(
          name: name, arguments: arguments, types: operands.map(\.type), result: call.type))
      return nil
    } catch {
      return error.flaw { literal in
        operands.indices.last {
          signature.parameter(at: $0)?.isConstant == true && operands[$0].node == .literal(literal)
        }
      }
    }
  }
}

extension BindingError {
  /// The error as that of an argument; `place` finds the argument that is this literal.
  fileprivate func flaw(_ place: (Literal) -> Int?) -> ConstantCheck.Flaw? {
    let (literal, title, reason): (Literal, String, String)
    switch self {
    case .badPattern(let pattern, let problem, let offset):
      let before = String(decoding: pattern.utf8.prefix(offset), as: UTF8.self)
      (literal, title) = (.string(pattern), "this is no regular expression")
      reason = before.isEmpty ? problem : "\(problem), behind `\(before)`"
    case .noGroup(let group, _, let count):
      (literal, title) = (.int(group), "the pattern has no group \(group)")
      reason = count == 0 ? "it has no groups" : "it has \(count), and 0 is all of the match"
    case .unknownZone(let zone):
      (literal, title) = (.string(zone), "there is no such time zone")
      reason = "an IANA name such as `Europe/Madrid`, or an offset such as `+02:00`"
    case .badPath(let path, let problem):
      (literal, title, reason) = (.string(path), "this is no JSON path", problem)
    case .badTimePattern(let pattern, let problem):
      (literal, title) = (.string(pattern), "this is no pattern of dates and times")
      reason = problem
    case .badFormat(let format, let problem):
      (literal, title, reason) = (.string(format), "this is no format", problem)
    case .nameTwice(let name):
      (literal, title) = (.string(name), "this name stands twice")
      reason = "an object has each name once"
    case .badChoice(let function, let value, let known):
      let title = "`\(function)` does not know this value"
      let argument = place(.string(value)) ?? Int64(value).flatMap { place(.int($0)) }
      return argument.map {
        ConstantCheck.Flaw(
          argument: $0, title: title, reason: known.isEmpty ? "" : "it knows \(known)")
      }
    default: return nil
    }
    return place(literal).map { ConstantCheck.Flaw(argument: $0, title: title, reason: reason) }
  }
}
