import Plans
import Schemas

/// The kernels of all functions of the catalogue, by name. A test holds it against the catalogue.
enum KernelTable {
  typealias Maker = @Sendable (Call) throws(BindingError) -> Evaluator

  static func bind(_ call: Call) throws(BindingError) -> Evaluator {
    if let make = maker(named: call.name) {
      do throws(BindingError) {
        return try make(call)
      } catch .notConstant {
        return try SettingsByRow(call)
      }
    }
    if let name = FunctionSignature.name(triedBy: call.name) {
      return try TryEvaluator(call, of: name)
    }
    throw call.noKernel
  }

  private static func maker(named name: String) -> Maker? {
    for table in tables {
      if let maker = table[name] { return maker }
    }
    return nil
  }

  private static let tables: [[String: Maker]] = [
    operators, numbers, text, time, documents, functionsOfFloats, bits, codings, searches, hashes,
    web, values, calendar, marketing, nested,
  ]
}
