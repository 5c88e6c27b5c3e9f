import Columns
import Connectors
import HTTPConnector
import Plans
import Schemas
import TestKit
import Testing

/// Models by OpenAI's API, against a server that answers rightly and wrongly.
@Suite("Models by OpenAI's API", .serialized)
struct LanguageModelTests {
  private static func tone(_ text: String, _ model: String) -> [Cell] {
    [
      .text(ModelScene.tones[text.unicodeScalars.count % 3]),
      .float(Double(text.unicodeScalars.count) / 2),
      .text("\(model)-2026"),
    ]
  }

  @Test func `answers are read as they are declared`() throws {
    let server = try ModelService()
    for model in ["good", "mends", "prose", "fenced"] {
      let client = try ModelScene.chat(server, model)
      let texts = ["ab", "a \"c\"\n\\ é\u{1F600}", "x", ""]
      let found = try LookupScene.ask(client, ModelScene.texts(texts))
      for (row, text) in texts.enumerated() {
        #expect(found[row] == Self.tone(text, model), "\(model)")
      }
      #expect(found.count == texts.count)
    }
  }

  @Test func `a wrong answer is mended once, and told otherwise`() throws {
    let server = try ModelService()
    func reason(_ model: String) throws -> String {
      try ModelScene.reason(try ModelScene.chat(server, model), ModelScene.texts(["ab"]))
    }
    let stubborn = try reason("stubborn")
    #expect(
      stubborn.hasPrefix(
        "model `m`: `tone` is \"angry\", and may be \"positive\", \"neutral\", \"negative\": {"),
      "\(stubborn)")
    #expect(try reason("cut").contains("was cut off at the most tokens"))
    #expect(try reason("refuses").contains("it will not answer: I can't help with that."))
    #expect(try reason("empty").contains("holds no message"))
    #expect(try reason("strict") == "")
    let strict = try ModelScene.chat(server, "strict")
    #expect(try ModelScene.reason(strict, ModelScene.texts(["bad"])).contains("status 400"))
    let html = try ModelScene.chat(server, "html")
    let failure = ModelScene.failure(html, ModelScene.texts(["ab"]))
    #expect(failure?.reason.contains("is no JSON: <html>hello</html>") ?? false)
  }

  @Test func `tokens are counted, of mended answers too`() throws {
    let server = try ModelService()
    let price = ResolvedValue.object(["input": .float(2), "output": .float(10)])
    let client = try ModelScene.chat(server, "mends", ["price": price])
    let usage = try LookupScene.answer(client, ModelScene.texts(["ab", "c"])).usage
    // Two rows, each of one message and then of three.
    #expect(usage.read == 2 * (10 + 30))
    #expect(usage.written == 2 * 10)
    #expect(usage.cost == (80 * 2 + 20 * 10) * 1_000)
  }

  @Test func `the request says what is declared`() throws {
    let server = try ModelService()
    let outputs = [ModelSpec.Output(Field("body", .string))]
    func body(_ options: [String: ResolvedValue]) throws -> String {
      let client = try ModelScene.chat(server, "echo", options, outputs: outputs)
      guard
        case .text(let body)? = try LookupScene.ask(client, ModelScene.texts(["a\"b"]))[0]?
          .first
      else { return "" }
      return body
    }
    #expect(
      try body([:])
        == #"{"model":"echo","messages":[{"role":"user","content":"Which tone has this: a\"b"}],"#
        + #""temperature":0,"response_format":{"type":"json_schema","json_schema":{"name":"m","#
        + #""strict":true,"schema":{"type":"object","properties":{"body":{"type":"string"}},"#
        + #""required":["body"],"additionalProperties":false}}}}"#)
    let plain = try body([
      "response": .text("text"), "system": .text("Be short."), "temperature": .float(0.5),
      "max_tokens": .int(20),
    ])
    #expect(plain.contains(#"{"role":"system","content":"Be short.\n\nAnswer with a JSON object"#))
    #expect(plain.hasSuffix(#""temperature":0.5,"max_tokens":20}"#))
  }

  @Test func `keys, and servers that are busy or slow`() throws {
    let server = try ModelService()
    let locked = try ModelScene.chat(server, "locked", ["key": .text("sk-test")])
    #expect(try LookupScene.ask(locked, ModelScene.texts(["ab"])).count == 1)
    let wrong = try ModelScene.chat(server, "locked", ["key": .text("sk-wrong")])
    let failure = ModelScene.failure(wrong, ModelScene.texts(["ab"]))
    #expect(failure?.reason.contains("status 401") ?? false)
    #expect(!(failure?.isRetriable ?? true))
    #expect(!(failure?.reason.contains("sk-wrong") ?? true))
    let busy = ModelScene.failure(
      try ModelScene.chat(server, "busy"), ModelScene.texts(["ab"]))
    #expect(busy?.isRetriable ?? false)
    #expect(busy?.retryAfter == 0)
    let slow = ModelScene.failure(
      try ModelScene.chat(server, "slow", timeout: 200_000), ModelScene.texts(["ab"]))
    #expect(slow?.isRetriable ?? false)
  }

  @Test func `embeddings of all texts of a call come in one request`() throws {
    let server = try ModelService()
    let client = try ModelScene.embedding(server, "small")
    let answer = try LookupScene.answer(client, ModelScene.texts(["ab", "c", "d\"ef"]))
    #expect(Set(answer.keys) == [0, 1, 2])
    for (row, key) in answer.keys.enumerated() {
      let vector = answer.rows.columns[0].elements(row)
      #expect(vector.float(0) == [2, 1, 4][key])
      #expect(vector.float(1) == [48.5, 49.5, 50][key])
    }
    #expect(answer.usage.read == 30)
    let strict = try ModelScene.embedding(server, "strict")
    let mixed = try LookupScene.answer(strict, ModelScene.texts(["ab", "bad", "c"]))
    #expect(Set(mixed.keys) == [0, 2])
    #expect(mixed.unreadable[1]?.contains("status 400") ?? false)
    let short = try ModelScene.embedding(server, "short")
    #expect(
      ModelScene.failure(short, ModelScene.texts(["ab", "c"]))?.reason
        == "model `m`: its answer has 1 embeddings for 2 texts")
  }

  @Test func `a budget that is used up postpones, by who pays`() throws {
    let server = try ModelService()
    let budget = TokenBudget(tokens: 20, span: 3_600_000_000)
    let client = try ModelScene.chat(server, "good", budget: budget)
    // Fifteen tokens each.
    for text in ["a", "b"] {
      let answer = try LookupScene.answer(client, ModelScene.texts([text]))
      #expect(answer.postponed == [:])
    }
    let late = try LookupScene.answer(client, ModelScene.texts(["c"]))
    #expect(late.keys == [])
    #expect((late.postponed[0]?.time ?? 0) > 3_500_000_000)
    #expect(late.postponed[0]?.isUsedUp ?? false)
    var own = budget
    own.column = "tenant"
    let shared = try ModelScene.embedding(server, "small", budget: own)
    func rows(_ tenants: [String]) -> Batch {
      Batch(
        Schema(ModelScene.text + [Field(ModelSpec.payerColumn, .string)]),
        tenants.enumerated().map { [.text("t\($0)"), .text($1)] })
    }
    // Ten tokens a text.
    #expect(try LookupScene.answer(shared, rows(["x", "y", "x"])).postponed == [:])
    let mixed = try LookupScene.answer(shared, rows(["x", "y", "x", "z"]))
    #expect(Set(mixed.postponed.keys) == [0, 2])
    #expect(Set(mixed.keys) == [1, 3])
  }

  @Test func `what is asked for at first counts before anything was answered`() throws {
    let server = try ModelService()
    let budget = TokenBudget(tokens: 150, span: 3_600_000_000)
    let client = try ModelScene.chat(server, "good", budget: budget)
    // A request is some 400 bytes.
    let answer = try LookupScene.answer(client, ModelScene.texts((0..<10).map { "t\($0)" }))
    #expect(answer.postponed.count == 8)
    #expect(answer.postponed.values.allSatisfy { !$0.isUsedUp })
    // They were less than they were taken for.
    let next = try LookupScene.answer(client, ModelScene.texts(["a"]))
    #expect(next.postponed == [:])
  }

  @Test func `clients of a model share its budget, and calls of closed ones are forgotten`() throws
  {
    let server = try ModelService()
    let (models, budget) = (LanguageModels(), TokenBudget(tokens: 30, span: 3_600_000_000))
    func client(_ model: String) throws -> any LookupClient {
      try ModelScene.chat(server, model, budget: budget, models: models)
    }
    let first = try client("slow")
    first.ask(ModelScene.texts(["a"])) { _ in }
    let second = try client("good")
    #expect(try LookupScene.answer(second, ModelScene.texts(["b"])).postponed.count == 1)
    first.close()
    #expect(try LookupScene.answer(second, ModelScene.texts(["b"])).postponed == [:])
    let third = try client("good")
    #expect(try LookupScene.answer(third, ModelScene.texts(["c"])).postponed == [:])
    #expect(try LookupScene.answer(second, ModelScene.texts(["d"])).postponed.count == 1)
  }

  @Test func `what no answer can have used is not believed, and what none says is guessed`() throws
  {
    let server = try ModelService()
    let price = ResolvedValue.object(["input": .float(1_000_000), "output": .float(1_000_000)])
    func usage(_ model: String) throws -> ModelUsage {
      let client = try ModelScene.chat(server, model, ["price": price])
      return try LookupScene.answer(client, ModelScene.texts(["ab"])).usage
    }
    for model in ["untold", "below"] {
      let usage = try usage(model)
      // A request is some 400 bytes, and an answer 30.
      #expect(usage.read > 50 && usage.read < 200, "\(model): \(usage)")
      #expect(usage.written > 5 && usage.written < 15, "\(model): \(usage)")
      #expect(usage.cost == (usage.read + usage.written) * 1_000_000_000)
    }
    for model in ["most", "beyond"] {
      let usage = try usage(model)
      #expect(usage.read == 1_000_000_000, "\(model): \(usage)")
      #expect(usage.written == (model == "most" ? 1_000_000_000 : 0))
      #expect(usage.cost == 1_000_000_000_000)
    }
  }

  @Test func `a call without an answer in time is paid for`() throws {
    let server = try ModelService()
    let budget = TokenBudget(tokens: 50, span: 3_600_000_000)
    let slow = try ModelScene.chat(server, "slow", budget: budget, timeout: 200_000)
    let failure = ModelScene.failure(slow, ModelScene.texts(["ab"]))
    #expect((failure?.usage.read ?? 0) > 50)
    let next = try LookupScene.answer(slow, ModelScene.texts(["b"]))
    #expect(next.postponed[0]?.isUsedUp ?? false)
    // Nothing is paid to a server that refuses.
    let locked = ModelScene.failure(
      try ModelScene.chat(server, "locked", budget: budget), ModelScene.texts(["ab"]))
    #expect(locked?.usage == ModelUsage())
  }

  @Test func `what was paid for is kept where another part fails`() throws {
    let server = try ModelService()
    let client = try ModelScene.embedding(
      server, "partly", budget: TokenBudget(tokens: 1_000, span: 1_000_000, column: "tenant"))
    let rows = Batch(
      Schema(ModelScene.text + [Field(ModelSpec.payerColumn, .string)]),
      [["ab", "x"], ["late", "y"], ["c", "x"]])
    let answer = try LookupScene.answer(client, rows)
    #expect(Set(answer.keys) == [0, 2])
    #expect(answer.failed?.keys == [1])
    #expect(answer.failed?.failure.isRetriable ?? false)
    #expect(answer.usage.read == 20)
    let all = ModelScene.failure(client, Batch(rows.schema, [["late", "y"]]))
    #expect(all?.reason.contains("status 503") ?? false)
  }
}
