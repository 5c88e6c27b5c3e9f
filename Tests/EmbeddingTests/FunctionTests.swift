import Embedding
import Testing

/// Functions of the program, called by a definition.
struct FunctionTests {
  private struct Refusal: Error, CustomStringConvertible {
    var description: String { "no such word" }
  }

  private static let id = Column<Int>("id")
  private static let word = Column<String?>("word")
  private static let size = Column<Int?>("size")

  private func rows(
    of definition: String, _ functions: [Function], _ given: [(Int, String?)], workers: Int = 1
  ) throws -> (outcome: Run.Outcome, rows: [Row]) {
    var pipeline = Pipeline(definition: definition, path: "words.raudal")
    for function in functions { pipeline.add(function) }
    var settings = Program.Settings()
    settings.workers = workers
    let run = try pipeline.compile().start(settings)
    try run.send(
      given.map { id, word in
        Row {
          $0[Self.id] = id
          $0[Self.word] = word
        }
      }, to: "words")
    run.finish("words")
    let outcome = run.wait()
    return (outcome, run.takeRows(of: "out"))
  }

  private static let head = """
    pipeline words
    source words: struct { id: int, word: string? } from memory { on_error: fail }

    """

  private static let length = Function("word_size") { (words: Values<String>) -> [Int] in
    words.map(\.count)
  }

  @Test func `a null and a row that is filtered out are never asked about`() throws {
    let definition =
      Self.head + """
        stream out = words
          | where id != 2 and coalesce(word_size(word), 0) < 9
          | map { id, size = word_size(word) }
        sink out to memory
        """
    let strict = Function("word_size") { (words: Values<String>) throws -> [Int] in
      guard !words.contains("never") else { throw Refusal() }
      return words.map(\.count)
    }
    let given = [(1, "one"), (2, "never"), (3, nil), (4, "four"), (5, "much too long")]
    let (outcome, rows) = try rows(of: definition, [strict], given)
    #expect(outcome == .finished)
    #expect(rows.compactMap { $0[Self.id] } == [1, 3, 4])
    #expect(rows.map { $0[Self.size].flatMap(\.self) } == [3, nil, 4])
  }

  @Test func `several arguments, optional ones and a result of its own type`() throws {
    let joined = Function("joined") {
      (words: Values<String?>, numbers: Values<Int>, flags: Values<Bool>) -> [String?] in
      words.indices.map { flags[$0] ? "\(words[$0] ?? "-")\(numbers[$0])" : nil }
    }
    let definition =
      Self.head + """
        stream out = words | map { id, word = joined(word, id * 2, id != 2) }
        sink out to memory
        """
    let (_, rows) = try rows(of: definition, [joined], [(1, "a"), (2, "b"), (3, nil)])
    #expect(rows.map { $0[Self.word].flatMap(\.self) } == ["a2", nil, "-6"])
  }

  @Test func `what a function throws goes the way of the stage's errors`() throws {
    let refusing = Function("refused") { (words: Values<String>) throws -> [Bool] in
      throw Refusal()
    }
    let failing =
      Self.head + "stream out = words | where refused(word)\nsink out to memory\n"
    let (outcome, _) = try rows(of: failing, [refusing], [(1, "a")])
    guard case .failed(let message) = outcome else {
      Issue.record("it did not fail: \(outcome)")
      return
    }
    #expect(message.contains("`refused`: no such word"), "\(message)")
    let skipping = failing.replacing("refused(word)", with: "refused(word) on_error skip")
    #expect(try rows(of: skipping, [refusing], [(1, "a"), (2, nil)]).outcome == .finished)
    let short = Function("refused") { (words: Values<String>) -> [Bool] in [] }
    let wrong = try rows(of: failing, [short], [(1, "a")]).outcome
    #expect("\(wrong)".contains("0 values of type bool for 1 rows"), "\(wrong)")
  }

  @Test func `calls are checked like any other`() {
    for (call, message) in [
      ("word_size(id)", "string"), ("word_size()", "1 argument"),
      ("word_sise(word)", "did you mean `word_size`?"),
    ] {
      var pipeline = Pipeline(
        definition: Self.head + "stream out = words | map { n = \(call) }\nsink out to memory\n",
        path: "words.raudal")
      pipeline.add(Self.length)
      let error = #expect(throws: DefinitionError.self) { try pipeline.compile() }
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "none")")
    }
  }

  @Test func `rows that do not fit are refused with the reason`() throws {
    var pipeline = Pipeline("fit")
    let money = Column<ExactDecimal>("money", precision: 5, scale: 2)
    let events = pipeline.source("events", [Self.id, money], from: .memory)
    pipeline.sink(events, to: .memory)
    let run = try pipeline.compile().start()
    func refusal(_ row: Row, to name: String = "events") -> String {
      do {
        try run.send([row], to: name)
        return "none"
      } catch { return error.description }
    }
    #expect(refusal(Row(), to: "event").contains("there are events"))
    #expect(refusal(Row { $0[money] = ExactDecimal(1, scale: 0) }).contains("no `id`"))
    for (value, reason) in [
      (ExactDecimal(1_234, scale: 3), "1.234 does not fit"),
      (ExactDecimal(1_000, scale: 0), "1000 does not fit"),
    ] {
      let row = Row {
        $0[Self.id] = 1
        $0[money] = value
      }
      #expect(refusal(row).contains(reason))
    }
    #expect(refusal(Row { $0[Column<String>("id")] = "1" }).contains("no int"))
    run.stop()
    #expect(run.wait() == .stopped)
  }

  @Test func `streams without a name keep their stages when they are united and sunk`() throws {
    var pipeline = Pipeline("unnamed")
    let events = pipeline.source("events", [Self.id], from: .memory)
    let small = events.keeping(Self.id < 3)
    let all = pipeline.stream("all", events.keeping(Self.id > 7).union(small))
    pipeline.sink(all, to: .memory)
    pipeline.sink(events.keeping(Self.id == 5), to: .memory)
    let run = try pipeline.compile().start()
    try run.send((1...9).map { id in Row { $0[Self.id] = id } }, to: "events")
    run.finish("events")
    #expect(run.wait() == .finished)
    #expect(run.takeRows(of: "all").compactMap { $0[Self.id] }.sorted() == [1, 2, 8, 9])
    #expect(run.takeRows(of: "unnamed_2").compactMap { $0[Self.id] } == [5])
  }

  @Test func `a further output of a stream without a name is that of its stages`() throws {
    var pipeline = Pipeline("unnamed")
    pipeline.declare("// unnamed_1 is taken")
    let events = pipeline.source("events", [Self.id], from: .memory)
    let odd = events.stage("where 10 / id > 1")
    pipeline.sink(odd, to: .memory)
    pipeline.sink(odd.output("errors"), to: .memory)
    let run = try pipeline.compile().start()
    try run.send([0, 2, 20].map { id in Row { $0[Self.id] = id } }, to: "events")
    run.finish("events")
    #expect(run.wait() == .finished)
    #expect(run.takeRows(of: "unnamed_2").compactMap { $0[Self.id] } == [2])
    #expect(run.takeRows(of: "unnamed_2.errors").count == 1)
  }

  @Test(arguments: ["add", "less", "at"])
  func `a function may not be called as an operator is in plans`(name: String) {
    var pipeline = Pipeline("named")
    pipeline.add(Function(name) { (words: Values<String>) -> [Int] in words.map { _ in 0 } })
    #expect(throws: DefinitionError.self) { try pipeline.compile() }
  }

  @Test func `lists and structs of a row are JSON`() throws {
    let definition =
      Self.head + """
        stream out = words
          | map { id, tags = [word ?? "-", "b"], pair = { number: id, word: word } }
        sink out to memory
        """
    let (outcome, rows) = try rows(of: definition, [], [(1, "a"), (2, nil)])
    #expect(outcome == .finished)
    #expect(rows.map { $0[Column<String>("tags")] } == [#"["a","b"]"#, #"["-","b"]"#])
    #expect(
      rows.map { $0[Column<String>("pair")] }
        == [#"{"number":1,"word":"a"}"#, #"{"number":2,"word":null}"#])
  }
}
