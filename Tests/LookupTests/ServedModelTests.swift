import Columns
import Connectors
import Plans
import Schemas
import TestKit
import Testing

/// Models by the KServe v2 protocol, against a server that answers rightly and wrongly.
@Suite("Models by the KServe v2 protocol", .serialized)
struct ServedModelTests {
  private static let three = ModelScene.rows([(1.5, 2), (-4, 4), (0.25, -1)])

  private static func started(
    _ server: ModelService, _ model: String, _ options: [String: ResolvedValue] = [:],
    inputs: [Field] = ModelScene.inputs, outputs: [ModelSpec.Output] = ModelScene.total
  ) throws -> any LookupClient {
    let client = try ModelScene.served(
      server, options.merging(["model": .text(model)]) { $1 }, inputs: inputs, outputs: outputs)
    try client.start()
    return client
  }

  @Test func `all rows of a call go in one request, and outputs come back by name`() throws {
    let server = try ModelService()
    let outputs = [
      ModelSpec.Output(Field("label", .string)), ModelSpec.Output(Field("total", .float)),
      ModelSpec.Output(Field("double", .float), source: "parts", index: 1),
      ModelSpec.Output(Field("parts", .list(FieldType(.float)))),
    ]
    let client = try Self.started(server, "sum", ["version": .text("7")], outputs: outputs)
    let found = try LookupScene.ask(client, Self.three)
    #expect(found.count == 3)
    #expect(found[0]?.prefix(3) == [.text("é\"3"), .float(3.5), .float(7)])
    #expect(found[1]?.prefix(3) == [.text("é\"0"), .float(0), .float(0)])
    #expect(found[2]?.last == .text("7"))
    let again = try LookupScene.answer(client, Self.three)
    let parts = again.rows.columns[3].elements(again.keys.firstIndex(of: 0) ?? 0)
    #expect([parts.float(0), parts.float(1)] == [1.75, 7])
  }

  @Test func `a version that is called as what stands in is told apart from it`() throws {
    let server = try ModelService()
    let client = try Self.started(server, "sum", ["version": .text("fallback")])
    let found = try LookupScene.ask(client, Self.three)
    #expect(found[0] == [.float(3.5), .text("model `m` (fallback)")])
  }

  @Test func `versions are told by their names, and by what the server says where they have none`()
    throws
  {
    let server = try ModelService()
    for (versions, told) in [(["v1", "v2"], "v1"), ([], "7")] {
      let client = try ModelScene.served(
        server, ["model": .text("sum"), "version": .text("7")], versions: versions)
      try client.start()
      #expect(try LookupScene.ask(client, Self.three)[0] == [.float(3.5), .text(told)])
    }
    let chat = try ModelScene.chat(server, "cut", versions: ["new"])
    let reason = try ModelScene.reason(chat, ModelScene.texts(["a"]))
    #expect(reason.hasPrefix("model `m`, version `new`: "), "\(reason)")
    let good = try ModelScene.chat(server, "good", versions: ["new"])
    #expect(try LookupScene.ask(good, ModelScene.texts(["a"]))[0]?.last == .text("new"))
  }

  @Test func `shapes are as the server says that it takes them`() throws {
    let server = try ModelService()
    for model in ["packed", "single", "silent", "nested"] {
      let client = try Self.started(server, model)
      let found = try LookupScene.ask(client, Self.three)
      #expect(found[0] == [.float(3.5), .text(model)], "\(model)")
      #expect(found[2] == [.float(-0.75), .text(model)], "\(model)")
    }
  }

  @Test func `lists of one length go together`() throws {
    let server = try ModelService()
    let fields = [Field("v", .list(FieldType(.float)))]
    let client = try Self.started(server, "lists", inputs: fields)
    let column = ColumnBuilder(fields[0].type, capacity: 3)
    for values in [[1.0, 2], [3], [4, 5]] {
      let elements = ColumnBuilder(.float, capacity: 2)
      for value in values { elements.append(float: value) }
      column.append(elements: elements.finish())
    }
    let rows = Batch(schema: Schema(fields), columns: [column.finish()], rowCount: 3)
    let found = try LookupScene.ask(client, rows)
    #expect(found.mapValues(\.first) == [0: .float(3), 1: .float(3), 2: .float(9)])
  }

  @Test func `a row fails only if it does so alone`() throws {
    let server = try ModelService()
    let client = try Self.started(server, "picky")
    let rows = ModelScene.rows([(1, 1), (-1, 1), (2, 2), (.nan, 3), (4, 4)])
    let answer = try LookupScene.answer(client, rows)
    #expect(Set(answer.keys) == [0, 2, 4])
    #expect(
      answer.unreadable[1]
        == "model `m`: the service answers with status 400: {\"error\": \"a is below zero\"}")
    #expect(answer.unreadable[3]?.contains("`a` holds what JSON has no number for") ?? false)
  }

  @Test func `a value out of the range of its tensor's type fails its row, and is not sent`() throws
  {
    let server = try ModelService()
    let client = try Self.started(server, "narrow")
    let rows = ModelScene.rows([(1.5, 2), (1e5, 1), (2, 300), (65_504, -128)])
    let answer = try LookupScene.answer(client, rows)
    #expect(Set(answer.keys) == [0, 3])
    #expect(
      answer.unreadable == [
        1: "model `m`: `a` is 100000.0, out of the range of FP16, which the model takes",
        2: "model `m`: `n` is 300, out of the range of INT8, which the model takes",
      ])
  }

  @Test func `one that was not there at the start is asked what it takes before the first row`()
    throws
  {
    let server = try ModelService()
    let client = try ModelScene.served(server, ["model": .text("packed")])
    #expect(try LookupScene.ask(client, Self.three)[0] == [.float(3.5), .text("packed")])
    let other = try ModelScene.served(
      server, ["model": .text("sum")], outputs: [ModelSpec.Output(Field("x", .float))])
    let failure = ModelScene.failure(other, Self.three)
    #expect(failure?.reason.contains("is declared otherwise: it has no output `x`") == true)
    #expect(failure?.isRetriable == false)
  }

  @Test func `a file of certificates that is not there is told by its option`() throws {
    let server = try ModelService()
    let error = #expect(throws: ConnectorError.self) {
      _ = try ModelScene.served(server, ["ca": .text("/nowhere.pem")])
    }
    #expect(error?.message.contains("`ca`: cannot read /nowhere.pem: it does not exist") == true)
  }

  @Test func `what does not fit the declaration is told at the start`() throws {
    let server = try ModelService()
    func misfit(
      _ model: String, inputs: [Field] = ModelScene.inputs,
      outputs: [ModelSpec.Output] = ModelScene.total
    ) -> String {
      do {
        _ = try Self.started(server, model, inputs: inputs, outputs: outputs)
        return ""
      } catch {
        return (error as? ConnectorError)?.message ?? "\(error)"
      }
    }
    #expect(misfit("absent").contains("status 404: {\"error\": \"unknown model\"}"))
    #expect(
      misfit("sum", inputs: [Field("b", .float)])
        == "model `m` is declared otherwise: it has no input `b`; its inputs: "
        + "`a`: FP32[?, 1], `n`: INT64[?]")
    #expect(
      misfit("sum", inputs: [Field("a", .string), Field("n", .int)])
        .contains("it takes `a`: FP32[?, 1] and is given `a: string`"))
    #expect(
      misfit("sum", outputs: [ModelSpec.Output(Field("x", .float))])
        .contains("it has no output `x`; its outputs: `total`"))
    #expect(
      misfit("sum", outputs: [ModelSpec.Output(Field("label", .float))])
        .contains("it gives `label`: BYTES[?], no `label: float`"))
    #expect(
      misfit("packed", inputs: ModelScene.inputs + [Field("z", .float)])
        .contains("it takes `features`: FP32[?, 2] and is given"))
    let web = try ModelScene.served(server, ["model": .text("sum")], path: "/web")
    #expect(throws: ConnectorError.self) { try web.start() }
  }

  @Test func `wrong answers are told`() throws {
    let server = try ModelService()
    func reason(_ model: String) throws -> String {
      let failure = ModelScene.failure(try Self.started(server, model), Self.three)
      #expect(failure?.isRetriable == (model == "busy"))
      return failure?.reason ?? ""
    }
    #expect(try reason("short") == "model `m`: its output `total` has 2 values for 3 rows")
    #expect(try reason("nameless").contains("its answer has no output `total`"))
    #expect(try reason("typed").contains("its output `total` is BYTES, no `total: float`"))
    #expect(try reason("busy").contains("status 503"))
    let client = try Self.started(server, "sum")
    server.stop()
    let failure = ModelScene.failure(client, Self.three)
    #expect(failure?.isRetriable ?? false)
  }
}
