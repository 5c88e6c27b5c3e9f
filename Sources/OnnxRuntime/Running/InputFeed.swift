import Schemas

/// Which columns one input of a model is made of.
struct InputFeed: Sendable {
  enum Source: Sendable {
    /// A value a row.
    case column(Int)
    /// A list a row.
    case list(Int)
    /// A value a row of each, side by side.
    case matrix([Int])
  }

  var port: OnnxPort
  var element: OnnxElement
  var source: Source

  var rank: Int { port.shape.count }
}

extension OnnxSignature {
  /// Finds for each input the columns that it is made of: by name where all names are the model's,
  /// else in order, as the columns of its one input.
  func feeds(from given: [Field]) throws(OnnxMismatch) -> [InputFeed] {
    for port in inputs { try checkShape(port) }
    try checkBatches()
    let names = Set(given.map(\.name))
    if names == Set(inputs.map(\.name)), names.count == given.count {
      var feeds: [InputFeed] = []
      for port in inputs {
        guard let index = given.firstIndex(where: { $0.name == port.name }) else { continue }
        feeds.append(try feed(port, given, index))
      }
      return feeds
    }
    guard inputs.count == 1, let port = inputs.first, let element = port.element else {
      throw .inputs(wanted: inputs, given: given)
    }
    if given.count == 1 { return [try feed(port, given, 0)] }
    let isWideEnough = port.shape.count == 2 && port.fixedWidth ?? given.count == given.count
    guard isWideEnough, !given.isEmpty else { throw .inputs(wanted: inputs, given: given) }
    for field in given where !element.takes(field.type) {
      throw .inputType(wanted: port, given: field)
    }
    return [InputFeed(port: port, element: element, source: .matrix(Array(given.indices)))]
  }

  /// One column for an input: of values, or of lists where the input has several a row.
  private func feed(
    _ port: OnnxPort, _ given: [Field], _ index: Int
  ) throws(OnnxMismatch) -> InputFeed {
    let field = given[index]
    guard let element = port.element else { throw .inputShape(port) }
    if case .list(let inner) = field.type, port.shape.count == 2 {
      guard element.declared != nil, inner.type == element.declared else {
        throw .inputType(wanted: port, given: field)
      }
      return InputFeed(port: port, element: element, source: .list(index))
    }
    guard element.takes(field.type) else { throw .inputType(wanted: port, given: field) }
    guard port.fixedWidth ?? 1 == 1 else { throw .inputs(wanted: inputs, given: given) }
    return InputFeed(port: port, element: element, source: .column(index))
  }

  private func checkShape(_ port: OnnxPort) throws(OnnxMismatch) {
    guard case .tensor(_, let shape) = port.kind, 1...2 ~= shape.count, port.fixedBatch != 0,
      port.fixedWidth != 0
    else { throw .inputShape(port) }
  }

  private func checkBatches() throws(OnnxMismatch) {
    guard let first = inputs.first(where: { $0.fixedBatch != nil }) else { return }
    for port in inputs {
      if let size = port.fixedBatch, size != first.fixedBatch { throw .batches(first, port) }
    }
  }
}
