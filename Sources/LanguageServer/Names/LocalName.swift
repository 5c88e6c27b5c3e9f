import Diagnostics
import Syntax

/// A name that is known in a part of a declaration alone: the parameter of a function or lambda, a
/// name of a match, a column that a stage makes.
struct LocalName {
  var text: String
  var definition: Span
  /// Its definition among them.
  var places: [Span]
}

/// Finds the parameters of functions and lambdas while a tree is walked.
struct LocalNameScopes {
  private(set) var names: [LocalName] = []
  /// Where in `names` that stands which a name means now.
  private var scope: [String: Int] = [:]

  /// Those names mean the parameters while `walk` goes on.
  mutating func enter(_ parameters: [Identifier]) -> [String: Int] {
    let outer = scope
    for parameter in parameters where !parameter.text.isEmpty {
      scope[parameter.text] = names.count
      names.append(
        LocalName(text: parameter.text, definition: parameter.span, places: [parameter.span]))
    }
    return outer
  }

  mutating func leave(to outer: [String: Int]) { scope = outer }

  mutating func use(_ name: Identifier) {
    if let index = scope[name.text] { names[index].places.append(name.span) }
  }
}
