package import Schemas

/// How a declaration and a model's own signature differ.
package enum OnnxMismatch: Error, Equatable, Sendable {
  /// What is given fits the model's inputs neither by name nor as the columns of its one input.
  case inputs(wanted: [OnnxPort], given: [Field])
  case inputType(wanted: OnnxPort, given: Field)
  /// A shape that no batch of rows has.
  case inputShape(OnnxPort)
  /// Two inputs want batches of different fixed sizes.
  case batches(OnnxPort, OnnxPort)
  case noSuchOutput(String, has: [OnnxPort])
  case outputType(given: OnnxPort, wanted: Field)
  /// No tensor: classifiers of scikit-learn that were exported with ZipMap.
  case outputNoTensor(OnnxPort)
  case outputShape(OnnxPort)
  /// Several values a row for a column that holds one.
  case outputWidth(OnnxPort, wanted: Field)
  case outputIndex(OnnxPort, index: Int)
}

extension OnnxMismatch {
  /// Whether it is about what the model gives.
  var isOfOutput: Bool {
    switch self {
    case .inputs, .inputType, .inputShape, .batches: false
    case .noSuchOutput, .outputType, .outputNoTensor, .outputShape, .outputWidth, .outputIndex: true
    }
  }
}

extension OnnxMismatch: CustomStringConvertible {
  package var description: String {
    switch self {
    case .inputs(let wanted, let given):
      return "takes \(Self.list(wanted)) and is given \(Self.list(given)): name the inputs as "
        + "the model does, or, where it has one input of several columns, give so many"
    case .inputType(let wanted, let given):
      return "takes \(wanted) and is given `\(given)`: "
        + (wanted.element?.advice ?? "export it with inputs of float, int64, bool or string")
    case .inputShape(let port):
      return "takes \(port), which is no shape of rows: export it with an input of the shape "
        + "[batch] or [batch, columns]"
    case .batches(let a, let b):
      return "takes \(a) and \(b), batches of different sizes: export it with one, or with a "
        + "batch of any size"
    case .noSuchOutput(let name, let has):
      return "has no output `\(name)`; it has \(Self.list(has))"
    case .outputType(let given, let wanted):
      return "gives \(given), which is no `\(wanted.type)` as `\(wanted.name)` is declared: "
        + (given.element?.declared.map { "declare it `\($0)`" } ?? "export it as float or int64")
    case .outputNoTensor(let port):
      return "gives \(port), and only tensors can be read: export it again with "
        + "`options={'zipmap': False}` and take the output `probabilities`"
    case .outputShape(let port):
      return "gives \(port): outputs of the shapes [batch] and [batch, values] can be read"
    case .outputWidth(let port, let wanted):
      return "gives \(port), several values a row: say which one `\(wanted.name)` is by its "
        + "index, or declare it `list<\(wanted.type)>`"
    case .outputIndex(let port, let index):
      return "gives \(port), which has no value at index \(index); the first has index 0"
    }
  }

  private static func list<T: CustomStringConvertible>(_ parts: [T]) -> String {
    parts.isEmpty ? "nothing" : parts.map { "\($0)" }.joined(separator: ", ")
  }
}
