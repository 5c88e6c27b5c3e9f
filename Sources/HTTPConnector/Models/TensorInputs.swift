import Columns
import Plans
import Schemas

/// How rows become the input tensors of a model.
struct TensorInputs: Sendable {
  struct Misfit: Error {
    var text: String
  }

  private struct Source: Sendable {
    var tensor: Tensor
    /// The columns whose values stand in it; several: they are the values of a row.
    var columns: [Int]
    /// Values of a row; nil: as many as its list has.
    var width: Int?
    /// Whether the first dimension counts rows.
    var countsRows: Bool
  }

  private let inputs: [ModelSpec.Input]
  private let sources: [Source]
  /// Whether a request takes one row.
  let isSingle: Bool

  /// Of a model that says nothing of its inputs: each by its name, as columns.
  init(_ inputs: [ModelSpec.Input]) {
    self.inputs = inputs
    sources = inputs.enumerated().map { place, input in
      let isList = input.field.type.isNested
      let tensor = Tensor(
        name: input.source, datatype: Tensor.usual(input.field.type), shape: [-1, isList ? -1 : 1])
      return Source(
        tensor: tensor, columns: [place], width: isList ? nil : 1, countsRows: true)
    }
    isSingle = false
  }

  init(_ inputs: [ModelSpec.Input], _ tensors: [Tensor]) throws(Misfit) {
    self.inputs = inputs
    var sources: [Source] = []
    if inputs.count > 1, tensors.count == 1,
      !inputs.contains(where: { $0.source == tensors[0].name })
    {
      sources = [try Self.packed(inputs, tensors[0])]
    } else {
      for (place, input) in inputs.enumerated() {
        guard let tensor = tensors.first(where: { $0.name == input.source }) else {
          throw Misfit(
            text: "it has no input `\(input.source)`; its inputs: \(Self.list(tensors))")
        }
        sources.append(try Self.source(input, place, tensor))
      }
    }
    self.sources = sources
    isSingle = sources.contains { !$0.countsRows || $0.tensor.shape.first == 1 }
  }

  private static func list(_ tensors: [Tensor]) -> String {
    tensors.map(\.description).joined(separator: ", ")
  }

  private static func source(
    _ input: ModelSpec.Input, _ place: Int, _ tensor: Tensor
  ) throws(Misfit) -> Source {
    let isList = input.field.type.isNested
    var source = Source(
      tensor: tensor, columns: [place], width: isList ? nil : 1,
      countsRows: !(isList && tensor.shape.count == 1))
    let values = source.countsRows ? tensor.shape.dropFirst() : tensor.shape[...]
    let rows = source.countsRows ? tensor.shape.first ?? 0 : -1
    let isSound =
      isList
      ? values.count == 1
      : values.isEmpty || values.elementsEqual([1])
        || values.elementsEqual([-1])
    guard isSound, rows == -1 || rows == 1, tensor.takes(input.field.type) else {
      throw Misfit(text: "it takes \(tensor) and is given `\(input.field)`")
    }
    if isList, let width = values.first, width >= 0 { source.width = Int(width) }
    return source
  }

  /// One tensor of several columns, as scikit-learn's models have it.
  private static func packed(
    _ inputs: [ModelSpec.Input], _ tensor: Tensor
  ) throws(Misfit) -> Source {
    let rows = tensor.shape.first ?? 0
    let isSound =
      tensor.shape.count == 2 && (rows == -1 || rows == 1)
      && (tensor.shape[1] == -1 || tensor.shape[1] == Int64(inputs.count))
      && inputs.allSatisfy { !$0.field.type.isNested && tensor.takes($0.field.type) }
    guard isSound else {
      let given = inputs.map { "`\($0.field)`" }.joined(separator: ", ")
      throw Misfit(text: "it takes \(tensor) and is given \(given)")
    }
    return Source(
      tensor: tensor, columns: Array(inputs.indices), width: inputs.count, countsRows: true)
  }

  /// How many values each list of a row has where the model leaves that open: rows with the same go
  /// together.
  func widths(_ rows: Batch, _ row: Int) -> [Int] {
    sources.filter { $0.width == nil }.map { rows.columns[$0.columns[0]].elements(row).rowCount }
  }

  /// Why a row cannot be sent; nil: it can.
  func refusal(_ rows: Batch, _ row: Int) -> String? {
    let buffer = ByteBuffer(capacity: 64)
    for source in sources {
      for column in source.columns {
        let name = inputs[column].field.name
        buffer.removeAll()
        guard InputText.writeJSON(rows.columns[column], row, to: buffer) else {
          return "`\(name)` holds what JSON has no number for: NaN, an infinity or a null"
        }
        if let value = source.tensor.misfit(rows.columns[column], row) {
          return "`\(name)` is \(value), out of the range of \(source.tensor.datatype), which the"
            + " model takes"
        }
        guard case .list = rows.columns[column].type else { continue }
        let count = rows.columns[column].elements(row).rowCount
        if count == 0 { return "`\(name)` is empty" }
        if let width = source.width, count != width {
          return "`\(name)` has \(count) values, and the model takes \(width)"
        }
      }
    }
    return nil
  }

  /// `"inputs":[…]` for some rows, all of which can be sent.
  func write(_ rows: Batch, to buffer: ByteBuffer) {
    buffer.append("\"inputs\":[")
    for (number, source) in sources.enumerated() {
      if number > 0 { buffer.append(",") }
      buffer.append("{\"name\":")
      JSONText.write(Array(source.tensor.name.utf8), to: buffer)
      let shape = shape(of: source, rows).map { "\($0)" }.joined(separator: ",")
      buffer.append(string: ",\"shape\":[\(shape)],\"datatype\":\"\(source.tensor.datatype)\"")
      buffer.append(",\"data\":[")
      for row in 0..<rows.rowCount {
        for (place, column) in source.columns.enumerated() {
          if row + place > 0 { buffer.append(",") }
          let values = rows.columns[column]
          if case .list = values.type {
            _ = InputText.writeElements(values, row, to: buffer)
          } else {
            _ = InputText.writeJSON(values, row, to: buffer)
          }
        }
      }
      buffer.append("]}")
    }
    buffer.append("]")
  }

  private func shape(of source: Source, _ rows: Batch) -> [Int] {
    let width =
      source.width
      ?? (rows.rowCount > 0 ? rows.columns[source.columns[0]].elements(0).rowCount : 0)
    if !source.countsRows { return [width] }
    return source.tensor.shape.count == 1 ? [rows.rowCount] : [rows.rowCount, width]
  }
}
