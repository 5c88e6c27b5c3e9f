// Measures the operators of the Yahoo streaming benchmark over columns in memory:
// swift run -c release OperatorBenchmark
import Columns
import Glibc
import Instruments
import KeyedState
import Operators
import Plans
import Schemas

/// Passes batches on to the next operator, as a segment does.
final class Chain: Output {
  var next: (any Operator)?
  var following: Chain?
  var rows = 0

  var hasCredit: Bool { true }
  func isRead(_ port: OutputPort) -> Bool { port == .main }

  func emit(_ batch: Batch, port: OutputPort) {
    rows += batch.selectedCount
    if let next, let following { _ = try? next.process(batch, input: 0, output: following) }
  }
}

final class Context: OperatorContext {
  let id = OperatorID("benchmark")
  let worker = 0
  let workers = 1
  let keyGroups = 0..<KeyGroup.count
  let metrics = OperatorMetrics()
  let journal: (any Journal)? = nil
  func now() -> Timestamp { Timestamp(microseconds: 0) }
  func random() -> UInt64 { 0 }
  func submit(ordered: Bool, _ work: @escaping @Sendable () -> [UInt8]) -> Ticket { Ticket(0) }
  func expect() -> (ticket: Ticket, done: @Sendable () -> Void) { (Ticket(0), {}) }
}

/// Processor time of this thread, in nanoseconds.
func processorTime() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

struct Measurement {
  let workload: Workload
  let table: ReplicatedTable

  func step(_ kind: PhysicalKind, _ schema: Schema) -> PhysicalOperator {
    PhysicalOperator(
      id: OperatorID("benchmark"), kind: kind, inputs: [], schema: schema, segment: 0)
  }

  func make(_ step: PhysicalOperator, _ input: Schema) throws -> any Operator {
    let plan = PhysicalPlan(
      pipeline: "benchmark", operators: [], tables: [], checkpoints: CheckpointPolicy())
    let made = try OperatorFactory.make(
      step, inputSchemas: [input], plan: plan, tables: [table])
    try made.open(Context())
    return made
  }

  func enrich() throws -> any Operator {
    let schema = Schema(Workload.schema.fields + [Field("campaign", .string, nullable: true)])
    let kind = PhysicalKind.enrich(
      table: 0, keys: ["ad_id"],
      columns: [EnrichedColumn(tableColumn: "campaign_id", name: "campaign")], isRequired: true)
    return try make(step(kind, schema), Workload.schema)
  }

  func filter() throws -> any Operator {
    let condition = Expression(
      .call(
        "equal",
        [
          .column(Workload.schema[1]), .literal(.string("view"), .string),
        ]), FieldType(.bool))
    return try make(step(.filter(condition), Workload.schema), Workload.schema)
  }

  func window(_ key: String) throws -> any Operator {
    let field = Field(key, .string)
    let window = PhysicalWindow(
      kind: .tumbling(size: 10_000_000), offset: 0, keys: [field],
      aggregates: [
        .init(
          name: "n", function: "count", arguments: [], filter: nil, fieldType: FieldType(.int))
      ])
    let input = Schema(Workload.schema.fields + [Field("campaign", .string, nullable: true)])
    return try make(step(.localWindow(window), window.partialSchema), input)
  }

  /// Runs batches through operators in a chain; prints nanoseconds a row of input.
  func run(
    _ name: String, _ batches: [Batch], rounds: Int, _ operators: [any Operator]
  ) throws {
    var best = Int64.max
    var outputs = [Chain()]
    for made in operators.dropFirst().reversed() {
      let chain = Chain()
      chain.next = made
      chain.following = outputs[0]
      outputs.insert(chain, at: 0)
    }
    for _ in 0..<rounds {
      let start = processorTime()
      for batch in batches {
        let copy = Batch(
          schema: batch.schema, columns: batch.columns, rowCount: batch.rowCount,
          hidden: batch.hidden)
        _ = try operators[0].process(copy, input: 0, output: outputs[0])
      }
      best = min(best, processorTime() - start)
    }
    let rows = batches.reduce(0) { $0 + $1.rowCount }
    let each = Double(best) / Double(rows)
    print("\(name): \(Double(Int(each * 100)) / 100) ns a row, \(Int(1_000 / each)) M rows/s")
  }
}

func measure() throws {
  let workload = Workload()
  let table = try ReplicatedTable(
    schema: workload.ads.schema, keys: ["ad_id"], batches: [workload.ads])
  let measurement = Measurement(workload: workload, table: table)
  for (name, batches) in [("text", workload.text), ("dictionary", workload.coded)] {
    try measurement.run(
      "window by campaign, \(name)", batches, rounds: 40, [measurement.window("campaign_id")])
    try measurement.run("enrich, \(name)", batches, rounds: 40, [measurement.enrich()])
    try measurement.run("filter, \(name)", batches, rounds: 40, [measurement.filter()])
    try measurement.run(
      "filter, enrich and window, \(name)", batches, rounds: 40,
      [measurement.filter(), measurement.enrich(), measurement.window("campaign")])
  }
}

// OperatorBenchmark: without arguments, the Yahoo benchmark; with SUBJECT FORM KEYS what Forms lists.
let arguments = CommandLine.arguments
if arguments.count == 1 {
  try measure()
} else if arguments.count == 4, Forms.has(arguments[2], of: arguments[1]),
  let keys = Int(arguments[3]), keys > 0
{
  switch arguments[1] {
  case "dedupe": try Dedupe.measure(arguments[2], keys: keys)
  case "sessions": try Sessions.measure(arguments[2], keys: keys)
  case "keyed" where arguments[2] == "aggregate": try Running.measure(keys: keys)
  case "keyed": try Folds.measure(arguments[2], keys: keys)
  case "running-join" where arguments[2] == "loop": Joins.measureLoop(keys: keys)
  case "join", "running-join":
    try Joins.measure(
      JoinSpec.Kind(rawValue: arguments[2]) ?? .inner, keys: keys,
      isRunning: arguments[1] == "running-join")
  case "marketing": try Marketing.measure(arguments[2], keys: keys)
  case "sketches": try Sketches.measure(arguments[2], keys: keys)
  case "held": try Held.measure(arguments[2], keys: keys)
  case "windows": try Windows.measure(arguments[2], keys: keys)
  case "cohorts": try Cohorts.measure(arguments[2], keys: keys)
  default: try Lookups.measure(keys: keys)
  }
} else {
  print("There is:\n\(Forms.list)")
  exit(2)
}
