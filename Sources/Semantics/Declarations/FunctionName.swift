import Plans
import Syntax

/// What keeps an author's function from having a name: the language means something else by a call
/// of it, here or in one place or other.
package enum FunctionName {
  package enum Owner: String, Sendable {
    case word = "a word of the language"
    case aggregate = "an aggregate"
    case method = "a method of lists"
    case function = "a function of the language"
    case program = "a function of the embedding program"
  }

  /// Methods that take lambdas, and `sum`.
  package static let listMethods: Set<String> = ["map", "filter", "any", "all", "sum"]

  /// Nil for a name that is free.
  package static func owner(of name: String) -> Owner? {
    if Keywords.expressions.contains(name) { return .word }
    if !AggregateCatalogue.signatures(named: name).isEmpty { return .aggregate }
    if listMethods.contains(name) { return .method }
    // What operators are called in plans.
    if FunctionCatalogue.operatorNames.contains(name) { return .function }
    if FunctionCatalogue.specialForms.contains(where: { $0.name == name }) { return .function }
    return FunctionCatalogue.signatures(named: name).isEmpty ? nil : .function
  }
}
