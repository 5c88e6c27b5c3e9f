import HTTP
import Plans
import Schemas

/// What a server says of an input or output of a model: `x: FP32[-1, 3]`.
struct Tensor: Sendable, CustomStringConvertible {
  var name: String
  /// As the protocol has it: `FP32`, `INT64`, `BOOL`, `BYTES`.
  var datatype: String
  /// -1: as many as there are.
  var shape: [Int64]

  var description: String {
    "`\(name)`: \(datatype)[\(shape.map { $0 < 0 ? "?" : "\($0)" }.joined(separator: ", "))]"
  }

  /// Whether its values are those of a column.
  func fits(_ type: DataType) -> Bool { Self.fits(datatype, type) }

  /// Whether it can be given the values of a column: whole numbers are floats too.
  func takes(_ type: DataType) -> Bool {
    switch type {
    case .int: fits(.int) || fits(.float)
    case .list(let element): takes(element.type)
    default: fits(type)
    }
  }

  static func fits(_ datatype: String, _ type: DataType) -> Bool {
    switch type {
    case .bool: datatype == "BOOL"
    case .int: datatype.hasPrefix("INT") || datatype.hasPrefix("UINT")
    case .float: datatype.hasPrefix("FP") || datatype == "BF16"
    case .string: datatype == "BYTES"
    case .list(let element): fits(datatype, element.type)
    default: false
    }
  }

  /// What a model is taken for that does not say it.
  static func usual(_ type: DataType) -> String {
    switch type {
    case .bool: "BOOL"
    case .int: "INT64"
    case .float: "FP32"
    case .list(let element): usual(element.type)
    default: "BYTES"
    }
  }
}

/// What a server says of a model: `GET /v2/models/M`.
struct ModelMetadata: Sendable {
  var inputs: [Tensor] = []
  var outputs: [Tensor] = []

  /// nil: it is none.
  init?(_ response: HTTPResponse) {
    var document = AnswerDocument(response.body)
    do throws(JSONFinder.Fault) {
      guard try document.text(.member("name")) != nil else { return nil }
      inputs = try Self.tensors(&document, "inputs")
      outputs = try Self.tensors(&document, "outputs")
    } catch {
      return nil
    }
  }

  private static func tensors(
    _ document: inout AnswerDocument, _ name: String
  ) throws(JSONFinder.Fault) -> [Tensor] {
    var tensors: [Tensor] = []
    for range in try document.elements(.member(name)) ?? [] {
      var part = AnswerDocument(Array(document.bytes[range]))
      guard let name = try part.text(.member("name")),
        let datatype = try part.text(.member("datatype"))
      else { continue }
      var shape: [Int64] = []
      for range in try part.elements(.member("shape")) ?? [] {
        shape.append(Int64(String(decoding: part.bytes[range], as: UTF8.self)) ?? -1)
      }
      tensors.append(
        Tensor(
          name: String(decoding: name, as: UTF8.self),
          datatype: String(decoding: datatype, as: UTF8.self), shape: shape))
    }
    return tensors
  }
}
