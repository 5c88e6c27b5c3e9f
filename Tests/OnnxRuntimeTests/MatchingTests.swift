import Schemas
import TestKit
import Testing

@testable import OnnxRuntime

/// Declarations that a model does not fit, and what is said of them.
struct MatchingTests {
  static let label = OnnxAnswer(Field("label", .int))
  static let features = (0..<8).map { Field("x\($0)", .float) }

  static func refusal(
    _ name: String, _ inputs: [Field], _ answers: [OnnxAnswer] = []
  ) throws -> String {
    let model = try Models.open(name)
    let error = try Models.refusal { try model.bind(inputs: inputs, answers: answers) }
    guard case .signature(_, let mismatch)? = error else { return "\(String(describing: error))" }
    #expect(error?.description == "the model \(Models.path(name)) \(mismatch)")
    return "\(mismatch)"
  }

  @Test func `columns that are too few are told with what the model takes`() throws {
    #expect(
      try Self.refusal("trees", Array(Self.features.prefix(2)), [Self.label])
        == "takes `features`: float32[?, 8] and is given x0: float, x1: float: name the inputs as "
        + "the model does, or, where it has one input of several columns, give so many")
    #expect(try Self.refusal("trees", [], [Self.label]).contains("is given nothing"))
    #expect(
      try Self.refusal("trees", [Field("features", .float)]).hasPrefix(
        "takes `features`: float32[?, 8] and is given features: float: name"))
  }

  @Test func `names that are not the model's are told`() throws {
    #expect(
      try Self.refusal("texts", [Field("plan", .string), Field("years", .float)])
        == "takes `plan`: string[?, 1], `age`: float32[?, 1] and is given plan: string, "
        + "years: float: name the inputs as the model does, or, where it has one input of several "
        + "columns, give so many")
  }

  @Test func `a column of another type is told with the cast`() throws {
    #expect(
      try Self.refusal("texts", [Field("plan", .int), Field("age", .float)])
        == "takes `plan`: string[?, 1] and is given `plan: int`: give a string, by a cast "
        + "(`x as string`) where it is none")
    var mixed = Self.features
    mixed[3] = Field("x3", .string)
    #expect(
      try Self.refusal("trees", mixed)
        == "takes `features`: float32[?, 8] and is given `x3: string`: give a float or an int, "
        + "by a cast (`x as float`) where it is neither")
    let list = Field("features", .list(FieldType(.int)))
    #expect(try Self.refusal("trees", [list]).contains("is given `features: list<int>`"))
  }

  @Test func `inputs that are no rows of values are told`() throws {
    #expect(
      try Self.refusal("cube", [Field("x", .float)])
        == "takes `x`: float32[batch, 2, 2], which is no shape of rows: export it with an input of "
        + "the shape [batch] or [batch, columns]")
    #expect(
      try Self.refusal("half", [Field("x", .float)])
        == "takes `x`: float16[batch] and is given `x: float`: float16 cannot be given: export it "
        + "with inputs of float, int64, bool or string")
  }

  @Test func `outputs are held against the declaration`() throws {
    func refusal(_ answer: OnnxAnswer) throws -> String {
      try Self.refusal("trees", Self.features, [answer])
    }
    #expect(
      try refusal(OnnxAnswer(Field("probability", .float)))
        == "has no output `probability`; it has `label`: int64[?], `probabilities`: float32[?, 2]")
    #expect(
      try refusal(OnnxAnswer(Field("label", .float)))
        == "gives `label`: int64[?], which is no `float` as `label` is declared: declare it `int`")
    #expect(
      try refusal(OnnxAnswer(Field("score", .float), output: "probabilities"))
        == "gives `probabilities`: float32[?, 2], several values a row: say which one `score` is "
        + "by its index, or declare it `list<float>`")
    #expect(
      try refusal(OnnxAnswer(Field("score", .float), output: "probabilities", index: 2))
        == "gives `probabilities`: float32[?, 2], which has no value at index 2; the first has "
        + "index 0")
  }

  @Test func `maps of scikit-learn are told with how to export without`() throws {
    let answer = OnnxAnswer(Field("score", .float), output: "output_probability")
    #expect(
      try Self.refusal("zipmap", Self.features, [answer])
        == "gives `output_probability`: a sequence (as of maps, by scikit-learn's ZipMap), and "
        + "only tensors can be read: export it again with `options={'zipmap': False}` and take "
        + "the output `probabilities`")
    let label = OnnxAnswer(Field("label", .int), output: "output_label")
    let binding = try Models.open("zipmap").bind(inputs: Self.features, answers: [label])
    #expect(try binding.run([Array(repeating: 0.5, count: 8)]).count == 1)
  }
}
