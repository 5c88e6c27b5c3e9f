import Plans
import Schemas

/// The kernels of all functions of the catalogue, by name. A test holds it against the catalogue.
enum KernelTable {
  typealias Maker = @Sendable (Call) throws(BindingError) -> Evaluator

  static func bind(_ call: Call) throws(BindingError) -> Evaluator {
    guard let make = maker(named: call.name) else { throw call.noKernel }
    return try make(call)
  }

  private static func maker(named name: String) -> Maker? {
    operators[name] ?? numbers[name] ?? text[name] ?? time[name] ?? documents[name]
  }
}
