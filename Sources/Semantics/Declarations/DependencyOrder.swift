import Syntax

/// Declarations in an order in which what one builds on comes before it, so that checking them one
/// after the other never goes deep, however they stand in the file.
enum DependencyOrder {
  /// The same names; those of a circle in any order. `needs` are names that one builds on, others
  /// than these are left out. O(names + needs), without recursion.
  static func of(_ names: [String], _ needs: (String) -> [String]) -> [String] {
    let known = Set(names)
    var result: [String] = []
    var seen: Set<String> = []
    var open: [(name: String, rest: ArraySlice<String>)] = []
    for name in names where seen.insert(name).inserted {
      open.append((name, needs(name)[...]))
      while let last = open.indices.last {
        guard let next = open[last].rest.popFirst() else {
          result.append(open.removeLast().name)
          continue
        }
        if known.contains(next), seen.insert(next).inserted {
          open.append((next, needs(next)[...]))
        }
      }
    }
    return result
  }
}

extension StreamDeclaration {
  /// The streams, sources and tables that its stages read.
  var needs: [String] {
    var names: [String] = []
    if let input { names.append(input.stream.text) }
    for stage in stages {
      switch stage.kind {
      case .union(let others): names += others.map(\.stream.text)
      case .join(let join): names.append(join.other.stream.text)
      case .attribute(let it): names.append(it.other.stream.text)
      case .enrich(let enrich): names.append(enrich.table.text)
      case .execute(let execute):
        if let steering = execute.steering { names.append(steering.table.text) }
      default: break
      }
    }
    return names
  }
}

extension TableDeclaration {
  /// The stream whose rows are its versions.
  var needs: [String] {
    if case .stream(let reference) = origin { [reference.stream.text] } else { [] }
  }
}

extension ExpressionSyntax {
  /// The functions that it calls. The parser bounds the depth.
  var calls: [String] {
    var names = kind.operands.flatMap(\.calls)
    if case .call(let call) = kind { names.append(call.function.text) }
    return names
  }
}
