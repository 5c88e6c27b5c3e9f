import Compiler
import Diagnostics
import Optimizer
import Plans
import Schemas
import Testing

/// Each rule by itself, on small definitions.
@Suite struct RuleTests {
  private static let declarations = """
    pipeline p
    type E { id: int, text: string?, cost: decimal(10, 2), flag: bool, at: timestamp }
    type T { id: int, name: string }
    source e: E from memory { event_time: at }
    table t: T key id from memory
    sink s to print

    """

  private func logical(_ stream: String) throws -> LogicalPlan {
    let file = SourceFile(path: "p.raudal", text: Self.declarations + stream)
    let compilation = DefinitionCompiler.compile(file: file)
    let messages = TextRenderer(files: [file]).render(compilation.diagnostics)
    return try #require(compilation.logical, "\(messages)")
  }

  /// The ids in order after a rule, without tables nobody uses.
  private func steps(_ stream: String, _ rules: [any OptimizerRule]) throws -> [String] {
    let outcome = Optimization.optimise(
      try logical(stream), rules: [UnusedStepRemoval()] + rules)
    #expect(outcome.rejected.isEmpty)
    return outcome.plan.nodes.map(\.id.name)
  }

  private func plan(
    _ stream: String, _ rules: [any OptimizerRule] = []
  ) throws -> LogicalPlan {
    Optimization.optimise(try logical(stream), rules: [UnusedStepRemoval()] + rules).plan
  }

  private func condition(_ stream: String, _ rules: [any OptimizerRule]) throws -> String? {
    let plan = Optimization.optimise(try logical(stream), rules: rules).plan
    for node in plan.nodes {
      if case .filter(let condition) = node.kind { return condition.description }
    }
    return nil
  }

  @Test func `Tasks are carried out though nobody reads of them, and filters stay behind`() throws {
    let task = "task t using http { url: \"https://x/\\(id)\", body: text, idempotency_key: id }\n"
    let unread = "stream s = e\nstream x = e | execute t as r | where r.status == 200"
    #expect(try steps(task + unread, Optimization.rules) == ["e", "x.execute", "s.sink"])
    let filtered = "stream s = e | execute t as r | where id > 3"
    let kept = ["e", "s.execute", "s.where", "s.sink"]
    #expect(try steps(task + filtered, Optimization.rules) == kept)
  }

  @Test func `Of a task's rows and outcome that is kept which is read of either output`() throws {
    let task = "task t using http { url: \"https://x/\\(id)\", body: text, idempotency_key: id }\n"
    let stages = """
      stream x = e | where flag | execute t as r
      stream y = x | map { r.status }
      stream s = x.failed | map { cost, r.error }
      sink y to print
      """
    let plan = try plan(task + stages, Optimization.rules)
    let step = try #require(plan.nodes.first { $0.id.name == "x.execute" })
    #expect(step.schema.fields.map(\.name) == ["id", "text", "cost", "r.status", "r.error"])
  }

  @Test func `Constants are computed and conditions that always hold go`() throws {
    let rules: [any OptimizerRule] = [ConstantFolding()]
    #expect(try steps("stream s = e | where 1 + 1 == 2", rules) == ["e", "s.sink"])
    #expect(try condition("stream s = e | where id > 2 * 3 and true", rules) == "id > 6")
    #expect(try condition("stream s = e | where flag or 1 > 2", rules) == "flag")
    #expect(try condition("stream s = e | where not (not flag)", rules) == "flag")
  }

  @Test func `What would fail is not computed before the first row`() throws {
    let rules: [any OptimizerRule] = [ConstantFolding()]
    let kept = try condition(
      "stream s = e | where id > 9223372036854775807 + 1 on_error skip", rules)
    #expect(kept == "id > 9223372036854775807 + 1")
  }

  @Test func `One field of a function's struct is computed alone`() throws {
    let rules: [any OptimizerRule] = [PartReading()]
    let whole =
      "utm(lower(text)).source == \"x\" and [1].any(i => user_agent(text).is_bot)"
    let condition = try condition("stream s = e | where \(whole)", rules)
    #expect(
      condition
        == "utm_source(lower(text)) == \"x\" and [1].any(i => user_agent_is_bot(text))")
    let kept = try self.condition("stream s = e | where utm(text) is null", rules)
    #expect(kept == "utm(text) is null")
  }

  @Test func `A filter passes what cannot fail and what sets no row aside`() throws {
    let rules: [any OptimizerRule] = [FilterPushdown()]
    #expect(
      try steps("stream s = e | enrich t on id | where flag", rules)
        == ["e", "t", "s.where", "s.enrich", "s.sink"])
    #expect(
      try steps("stream s = e | rename flag as ok | where ok", rules)
        == ["e", "s.where", "s.rename", "s.sink"])
  }

  @Test func `A filter stays behind what can fail and behind what it reads`() throws {
    let rules: [any OptimizerRule] = [FilterPushdown()]
    let fallible = "stream s = e | with { n = cast(text as int) } on_error skip | where flag"
    #expect(try steps(fallible, rules) == ["e", "s.with", "s.where", "s.sink"])
    let reading = "stream s = e | enrich t on id | where name is not null"
    #expect(try steps(reading, rules) == ["e", "t", "s.enrich", "s.where", "s.sink"])
    let aside = "stream s = e | enrich t on id required | where flag\nsink s.unmatched to print"
    #expect(try steps(aside, rules).prefix(4) == ["e", "t", "s.enrich", "s.where"])
  }

  @Test func `A filter that can fail stays behind what drops rows`() throws {
    let rules: [any OptimizerRule] = [FilterPushdown()]
    let looked =
      "stream s = e | enrich t on id required | where cast(text as int) > 1 on_error skip"
    #expect(try steps(looked, rules) == ["e", "t", "s.enrich", "s.where", "s.sink"])
    let list = "stream s = e | flatten split(text ?? \"\", \" \") as word"
    let fails = " | where cast(text as int) > 1 on_error skip"
    #expect(try steps(list + fails, rules) == ["e", "s.flatten", "s.where", "s.sink"])
    #expect(try steps(list + " | where flag", rules) == ["e", "s.where", "s.flatten", "s.sink"])
  }

  @Test func `Filters pass together, and those above one that stays`() throws {
    let rules: [any OptimizerRule] = [FilterPushdown()]
    let stages =
      "stream s = e | where id > 1 | with { ok = not flag } | where id > 2 | where ok"
      + " | rename text as words | where id > 3 | where words is null | map { id, w = words }"
      + " | where w is null and id > 4"
    let names = try steps(stages, rules)
    #expect(
      names == [
        "e", "s.where", "s.where.2", "s.with", "s.where.3", "s.where.4", "s.where.5",
        "s.where.6", "s.rename", "s.map", "s.sink",
      ])
    let conditions = try plan(stages, rules).nodes.compactMap { node in
      if case .filter(let condition) = node.kind { "\(condition)" } else { nil }
    }
    #expect(
      conditions == [
        "id > 1", "id > 2", "ok", "id > 3", "text is null", "text is null and id > 4",
      ])
  }

  @Test func `Thousands of filters and columns in turns are ordered in no time`() throws {
    let pair = " | with { ok = not flag } | where id > 1"
    let stages = "stream s = e" + String(repeating: pair, count: 2_400)
    let plan = try plan(stages)
    let clock = ContinuousClock()
    let start = clock.now
    let moved = FilterPushdown().apply(plan)
    #expect(start.duration(to: clock.now) < .seconds(2))
    let filters = moved.nodes.indices.filter {
      if case .filter = moved.nodes[$0].kind { true } else { false }
    }
    #expect(filters == Array(1...2_400))
  }

  @Test func `A filter does not pass a step that others read too`() throws {
    let shared = "stream a = e | rename flag as ok\nstream s = a | where ok\nsink a to print"
    #expect(
      try steps(shared, [FilterPushdown()]) == ["e", "a.rename", "s.where", "s.sink", "a.sink"])
  }

  @Test func `Neighbours of a kind become one`() throws {
    let rules: [any OptimizerRule] = [Fusion()]
    #expect(
      try condition("stream s = e | where flag | where id > 1", rules) == "flag and id > 1")
    #expect(
      try steps("stream s = e | with { a = id } | with { b = a }", rules)
        == ["e", "s.with.2", "s.sink"])
  }

  @Test func `A filter that can fail is not joined to one that may be null`() throws {
    let rules: [any OptimizerRule] = [Fusion()]
    let stream = """
      stream s = e | where text like "1%" on_error skip | where cast(text as int) > 1 on_error skip
      """
    #expect(try steps(stream, rules) == ["e", "s.where", "s.where.2", "s.sink"])
  }

  @Test func `A filter that can fail keeps its own name in a failure`() throws {
    let stream = "stream s = e | where id + 1 > 2 on_error skip | where flag on_error skip"
    #expect(try steps(stream, [Fusion()]) == ["e", "s.where", "s.where.2", "s.sink"])
  }

  @Test func `A value that can fail remembers its stage where steps are joined`() throws {
    let stream = """
      stream s = e | with { a = div(10, id), b = id } on_error skip | rename a as c on_error skip
      """
    let plan = Optimization.optimise(try logical(stream), rules: [Fusion()]).plan
    #expect(plan.nodes.map(\.id.name).contains("s.rename"))
    let columns = plan.nodes.flatMap { node -> [NamedExpression] in
      if case .project(let columns) = node.kind { columns } else { [] }
    }
    let origin = NamedExpression.Origin(stage: OperatorID("s.with"), column: "a")
    #expect(columns.first { $0.name == "c" }?.origin == origin)
    #expect(columns.first { $0.name == "b" }?.origin == nil)
  }

  @Test func `What is computed around a window names the window and its column`() throws {
    let physical = PhysicalPlanner.plan(
      try logical(
        """
        stream s = e
          | window tumbling 1h by k = div(id, 2) { n = div(sum(div(id, 3)), count()) }
        """))
    let origins = physical.operators.flatMap { step -> [String] in
      guard case .project(let columns) = step.kind else { return [] }
      return columns.filter { $0.expression.isFallible }.map {
        "\($0.origin?.stage.name ?? "") \($0.origin?.column ?? "")"
      }
    }
    #expect(origins == ["s.window k", "s.window n", "s.window n"])
  }

  @Test func `A value is not computed twice and one that can fail is not lost`() throws {
    let rules: [any OptimizerRule] = [Fusion()]
    let twice = "stream s = e | map { a = sha256(text) } | map { b = a, c = a }"
    #expect(try steps(twice, rules) == ["e", "s.map", "s.map.2", "s.sink"])
    let lost = """
      stream s = e | map { id, a = cast(text as int) } on_error skip | map { id } on_error skip
      """
    #expect(try steps(lost, rules) == ["e", "s.map", "s.map.2", "s.sink"])
  }

  @Test func `Only what is read is decoded, and the event time`() throws {
    let plan = Optimization.optimise(
      try logical("stream s = e | where flag | map { id }"), rules: [ProjectionPushdown()]
    ).plan
    guard case .source(let source) = plan.nodes[0].kind else { return #expect(Bool(false)) }
    #expect(source.decoding.columns.map(\.field.name) == ["id", "flag", "at"])
  }

  @Test func `A column that can fail is computed also where nobody reads it`() throws {
    let plan = Optimization.optimise(
      try logical("stream s = e | with { n = cast(text as int) } on_error skip | map { id }"),
      rules: [ProjectionPushdown()]
    ).plan
    guard case .project(let columns) = plan.nodes[2].kind else { return #expect(Bool(false)) }
    #expect(columns.map(\.name) == ["id", "n"])
  }

  private static let nested = """
    pipeline p
    type C { c: int, d: string, e: list<string>? }
    type B { b: C?, x: string, y: decimal(10, 2)? }
    type E { id: int, a: B, at: timestamp, k: C? }
    source e: E from memory { event_time: at, on_error: skip }

    """

  /// What the source decodes of `a` and `k` behind the rules, and that the plan is sound.
  private func decoded(_ streams: String) throws -> [String: String] {
    let file = SourceFile(path: "p.raudal", text: Self.nested + streams)
    let compilation = DefinitionCompiler.compile(file: file)
    let messages = TextRenderer(files: [file]).render(compilation.diagnostics)
    let outcome = Optimization.optimise(try #require(compilation.logical, "\(messages)"))
    #expect(outcome.rejected.isEmpty)
    #expect(PlanVerifier.violations(in: outcome.plan) == [])
    #expect(PhysicalVerifier.violations(in: PhysicalPlanner.plan(outcome.plan)) == [])
    guard case .source(let source) = outcome.plan.nodes[0].kind else { return [:] }
    return Dictionary(
      source.decoding.columns.map { ($0.field.name, "\($0.field.fieldType)") },
      uniquingKeysWith: { first, _ in first })
  }

  @Test(arguments: [
    ("map { v = a.b.c }", "struct { b: struct { c: int }? }"),
    ("where a.x == \"u\" | map { id, v = a.b.c }", "struct { b: struct { c: int }?, x: string }"),
    (
      "map { id, q = a } | map { w = q.b } | map { v = w.d }", "struct { b: struct { d: string }? }"
    ),
    ("where a.b is not null | map { id }", "struct { b: struct { c: int }? }"),
    (
      "where a.b is not null | map { v = a.y }",
      "struct { b: struct { c: int }?, y: decimal(10, 2)? }"
    ),
    (
      "window tumbling 1m by u = a.x { n = sum(a.b.c) }",
      "struct { b: struct { c: int }?, x: string }"
    ),
    (
      "flatten a.b.e as t | map { t, v = a.b.c }",
      "struct { b: struct { c: int, e: list<string>? }? }"
    ),
    (
      "dedupe by a.x within 1m | limit 3 | map { v = a.b.c }",
      "struct { b: struct { c: int }?, x: string }"
    ),
  ])
  func `Of a struct only the fields that are read are decoded`(
    _ stages: String, _ type: String
  ) throws {
    #expect(try decoded("stream s = e | \(stages)\nsink s to print\n")["a"] == type)
  }

  @Test(arguments: [
    "stream s = e | map { a }\nsink s to print",
    "stream s = e | map { v = [a] }\nsink s to print",
    "stream s = e | where a == a | map { id }\nsink s to print",
    "stream s = e | map { a, id } | sample 50% | map { v = a.b.c }\nsink s to print",
    "stream s = e | throttle 5/s | map { v = a.b.c }\nsink s to print",
    "stream r = e | map { a, id }\nstream s = e | map { a, id } | union r | map { v = a.b.c }\n"
      + "sink s to print",
    "stream s = e | map { v = a.b.c }\nstream w = e | window tumbling 1m by id { n = count() }\n"
      + "sink s to print\nsink w to print\nsink w.late to print",
  ])
  func `A struct that somebody reads whole stays whole`(_ streams: String) throws {
    let whole =
      "struct { b: struct { c: int, d: string, e: list<string>? }?, x: string, "
      + "y: decimal(10, 2)? }"
    #expect(try decoded(streams + "\n")["a"] == whole)
  }

  @Test func `What two streams read is decoded for both`() throws {
    let streams = """
      stream s = e | map { v = a.b.c }
      stream t = e | map { v = a.x, w = k.d }
      sink s to print
      sink t to print

      """
    let types = try decoded(streams)
    #expect(types["a"] == "struct { b: struct { c: int }?, x: string }")
    #expect(types["k"] == "struct { d: string }?")
  }

  @Test func `A rule that breaks the plan is not believed`() throws {
    struct Breaker: OptimizerRule {
      let name = "Breaker"
      func apply(_ plan: LogicalPlan) -> LogicalPlan {
        var result = plan
        result.nodes[0].schema = Schema([])
        return result
      }
    }
    let plan = try logical("stream s = e | where flag")
    let outcome = Optimization.optimise(plan, rules: [Breaker()])
    #expect(outcome.plan == plan)
    #expect(outcome.rejected.map(\.rule) == ["Breaker"])
  }
}
