import Columns
import Plans
import Schemas

/// Makes objects of the output tensors of a model, one for each row.
struct TensorOutputs: Sendable {
  /// Why an answer is none.
  struct Misfit: Error {
    var text: String
  }

  private struct Values {
    var output: ModelSpec.Output
    var member: String
    var width: Int
    var values: [Range<Int>]
    var bytes: [UInt8]
  }

  private let outputs: [ModelSpec.Output]

  init(_ outputs: [ModelSpec.Output]) { self.outputs = outputs }

  /// What is wrong with what the server says of its outputs; nil: nothing.
  func misfit(_ tensors: [Tensor]) -> String? {
    guard !tensors.isEmpty else { return nil }
    for output in outputs {
      guard let tensor = tensors.first(where: { $0.name == output.source }) else {
        let all = tensors.map(\.description).joined(separator: ", ")
        return "it has no output `\(output.source)`; its outputs: \(all)"
      }
      if !tensor.fits(output.field.type) { return "it gives \(tensor), no `\(output.field)`" }
    }
    return nil
  }

  /// `"outputs":[{"name":…}]`
  func write(to buffer: ByteBuffer) {
    buffer.append("\"outputs\":[")
    var seen: Set<String> = []
    for output in outputs where seen.insert(output.source).inserted {
      if seen.count > 1 { buffer.append(",") }
      buffer.append("{\"name\":")
      JSONText.write(Array(output.source.utf8), to: buffer)
      buffer.append("}")
    }
    buffer.append("]")
  }

  /// Of each row an object of the outputs, and the version that gave them.
  func objects(
    _ body: [UInt8], rows: Int
  ) throws -> (objects: [[UInt8]], version: String) {
    var document = AnswerDocument(body)
    let version = try document.text(.member("model_version"))
    guard let tensors = try document.elements(.member("outputs")) else {
      throw Misfit(text: "its answer has no `outputs`")
    }
    var found: [String: AnswerDocument] = [:]
    for range in tensors {
      var tensor = AnswerDocument(Array(body[range]))
      if let name = try tensor.text(.member("name")) {
        found[String(decoding: name, as: UTF8.self)] = tensor
      }
    }
    var all: [Values] = []
    for (place, output) in outputs.enumerated() {
      guard var tensor = found[output.source] else {
        let names = found.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
        throw Misfit(text: "its answer has no output `\(output.source)`; it has \(names)")
      }
      all.append(try values(output, place, &tensor, rows: rows))
    }
    let objects = (0..<rows).map { row in object(all, row) }
    return (objects, version.map { String(decoding: $0, as: UTF8.self) } ?? "")
  }

  private func values(
    _ output: ModelSpec.Output, _ place: Int, _ tensor: inout AnswerDocument, rows: Int
  ) throws -> Values {
    let name = output.source
    let datatype = try tensor.text(.member("datatype")).map { String(decoding: $0, as: UTF8.self) }
    if let datatype, !Tensor.fits(datatype, output.field.type) {
      throw Misfit(text: "its output `\(name)` is \(datatype), no `\(output.field)`")
    }
    guard let values = try tensor.values(.member("data")) else {
      throw Misfit(text: "its output `\(name)` has no `data`")
    }
    guard rows > 0, values.count % rows == 0, values.count >= rows || output.field.type.isNested
    else {
      throw Misfit(text: "its output `\(name)` has \(values.count) values for \(rows) rows")
    }
    let width = values.count / rows
    if !output.field.type.isNested {
      let index = output.index ?? 0
      guard index < width, output.index != nil || width == 1 else {
        throw Misfit(
          text: "its output `\(name)` has \(width) values a row"
            + (output.index.map { ", none at \($0)" } ?? ", not one"))
      }
    }
    return Values(
      output: output, member: ModelAnswers.member(place), width: width, values: values,
      bytes: tensor.bytes)
  }

  private func object(_ all: [Values], _ row: Int) -> [UInt8] {
    let buffer = ByteBuffer(capacity: 128)
    buffer.append("{")
    for (number, values) in all.enumerated() {
      if number > 0 { buffer.append(",") }
      JSONText.write(Array(values.member.utf8), to: buffer)
      buffer.append(":")
      let start = row * values.width
      if values.output.field.type.isNested {
        buffer.append("[")
        for place in 0..<values.width {
          if place > 0 { buffer.append(",") }
          values.bytes[values.values[start + place]].withUnsafeBufferPointer { buffer.append($0) }
        }
        buffer.append("]")
      } else {
        values.bytes[values.values[start + (values.output.index ?? 0)]]
          .withUnsafeBufferPointer { buffer.append($0) }
      }
    }
    buffer.append("}")
    return Array(buffer.bytes)
  }
}
