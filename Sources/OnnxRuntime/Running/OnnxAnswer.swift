package import Schemas

/// A column that is made of an output of a model.
package struct OnnxAnswer: Equatable, Sendable {
  /// Its name and type: float, int, bool or string, or a list of one of them.
  package var field: Field
  package var output: String
  /// Which of several values a row.
  package var index: Int?

  /// `output`: the model's name for it, where that is another.
  package init(_ field: Field, output: String? = nil, index: Int? = nil) {
    self.field = field
    self.output = output ?? field.name
    self.index = index
  }

  /// The type of one value.
  var valueType: DataType {
    if case .list(let inner) = field.type { return inner.type }
    return field.type
  }

  var isList: Bool {
    if case .list = field.type { return true }
    return false
  }

  /// Holds the declaration against what the model says; what it leaves open shows when it runs.
  func check(_ signature: OnnxSignature) throws(OnnxMismatch) {
    guard let port = signature.output(named: output) else {
      throw .noSuchOutput(output, has: signature.outputs)
    }
    guard case .tensor(let element, let shape) = port.kind else { throw .outputNoTensor(port) }
    guard element.declared != nil, element.declared == valueType else {
      throw .outputType(given: port, wanted: field)
    }
    // An empty shape is one that the model does not say.
    guard shape.count <= 2 else { throw .outputShape(port) }
    if let index, index < 0 || index >= port.fixedWidth ?? Int.max {
      throw .outputIndex(port, index: index)
    }
    if !isList, index == nil, shape.count == 2, port.fixedWidth != 1 {
      throw .outputWidth(port, wanted: field)
    }
  }
}
