import Compiler
import Diagnostics
import Plans
import Schemas

/// A stage in a definition of its own, whose output must be that of a calm run, whatever happens.
package struct SimulatedStage: Hashable, Sendable, CustomStringConvertible {
  package let name: String
  /// What stands behind the rows `key`, `time`, `id`, `value`.
  private let stages: String
  /// Further streams that the stages name.
  private let others: String
  /// Whether the stream updates, and is compared as it is in the end.
  private let updates: Bool

  package var description: String { name }

  private init(_ name: String, _ stages: String, others: String = "", updates: Bool = false) {
    self.name = name
    self.stages = stages
    self.others = others
    self.updates = updates
  }

  /// In microseconds.
  static let lateness: Int64 = 600

  /// Times are microseconds; the rows of a partition are some 25 ms.
  package static let all = [
    SimulatedStage(
      "top",
      """
      | window tumbling 1ms by key, value, id { n = count() }
      | top 3 by id % 7 desc, id per window_start, key as rank
      """),
    SimulatedStage("running top", "| top 4 by id % 50 desc per key as rank", updates: true),
    SimulatedStage(
      "aggregate",
      """
      | aggregate by key, value {
          n = count()
          least = min(id)
          middle = median(id)
          newest = arg_max(id, time)
          kinds = count_distinct(id % 5)
        }
      """, updates: true),
    SimulatedStage(
      "aggregate of updates",
      """
      | aggregate by part = id % 20, key, value { n = count(), newest = max(time) }
      | aggregate by n { keys = count(), most = max(part), last = max(newest), v = min(value) }
      """, updates: true),
    SimulatedStage(
      "running join",
      """
      | where id % 4 < 2
      | left join touches as touch on id == touch_id
      | map { key, id, time, touch_id, kind }
      """,
      others: """
        stream touches = views | where id % 2 == 1
          | map { touch_id = id - 1, kind = value }
        """, updates: true),
    SimulatedStage(
      "join of updates",
      """
      | aggregate by part = id % 20, key { n = count(), newest = max(time) }
      | full join parts as other on (part, key)
      | aggregate by n {
          keys = count()
          last = max(newest)
          most = max(other.most)
          least = min(other.kind)
        }
      """,
      others: """
        stream parts = views | where id % 3 == 0
          | aggregate by part = id % 30, key { most = max(id), kind = min(value) }
        """, updates: true),
    // What a row finds hangs on when it comes: counted is that each is taken back as it was given.
    SimulatedStage(
      "enrich of updates",
      """
      | aggregate by part = id % 20, key { n = count(), last = max(value), newest = max(time) }
      | enrich evens on key as even
      | aggregate by key, most = even.most {
          keys = count()
          n = sum(n)
          last = max(last)
          newest = max(newest)
        }
      | aggregate by key { keys = sum(keys), n = sum(n), last = max(last), newest = max(newest) }
      """,
      others: """
        type Even { key: string, most: int }
        stream even = views | where id % 2 == 0 | map { key, most = id }
        table evens: Even latest key key from stream even
        """, updates: true),
    SimulatedStage(
      "over", "| over by key rows 3 preceding { s = sum(id), before = first(time) }"),
    SimulatedStage("over time", "| over by key 500us preceding { s = sum(id), n = count() }"),
    SimulatedStage(
      "funnel",
      """
      | funnel by key, value within 2ms {
          first: id % 3 == 0
          second: id % 3 == 1
          third: id % 3 == 2
        }
      """),
    SimulatedStage(
      "match",
      """
      | match by key, value within 3ms {
          sequence: low+, high{1,2}, not low
          low = id % 4 < 2
          high = id % 4 >= 2
          emit { key, began = match_start, lows = count(low), most = max(high.id) }
        }
      """),
    SimulatedStage(
      "match of rows before",
      """
      | match by key, value within 3ms {
          sequence: not gone, low, high+
          low = id % 4 < 2
          high = id % 4 >= 2 and id > avg(low.id) and id != prev(id) + 2
          gone = id % 16 == 7
          emit { key, began = match_start, low.id, most = max(high.id) }
        } on_error fail
      """),
    SimulatedStage(
      "attribute",
      """
      | where id % 2 == 0
      | attribute touches as touch on key within 1ms by linear of id as credit
      | map { key, id, touch_id, kind, credit }
      """,
      others: """
        stream touches = views | where id % 2 == 1
          | map { key, touch_id = id, kind = value, touched = time }
        """),
    SimulatedStage("sessionize", "| sessionize by key, value gap 700us max 3ms as visit"),
    SimulatedStage(
      "join between bounds",
      """
      | full join touches as touch on key within 1ms between since and until
      | map { key, id, touch_id, kind }
      """,
      others: """
        stream touches = views | where id % 3 == 1
          | map {
              key
              touch_id = id
              kind = value
              since = if id % 4 == 0 then null else time - 300us
              until = time + 400us
            }
        """),
    SimulatedStage("frequency cap", "| frequency_cap 2 per 1ms, 9 per 8ms by key"),
    // Which of several rows comes first is the workers' matter: here they are equal.
    SimulatedStage(
      "dedupe", "| union copies | dedupe by id within 1ms",
      others: "stream copies = views | where true"),
    SimulatedStage("keep last", "| dedupe by key, id % 3 keep last within 800us"),
    SimulatedStage(
      "anomaly",
      "| anomaly of id % 100 by key using ewma(half_life: 1ms) above 2 after 5 rows as a"),
    SimulatedStage("retention", "| retention 5ms by key, id % 20 per value for 3 periods"),
    SimulatedStage(
      "expired keys",
      """
      | map { key, n = 0, newest = id, kind = value, at = time }
      | union ended
      | window tumbling 2ms by key, n {
          rows = count()
          total = sum(newest)
          last = max(at)
          kinds = count_distinct(kind)
        }
      """,
      others: """
        stream parts = views | with { part = id % 20 }
          | fold by key, part expire after 800us { n: int = 0, newest: int = 0, kind: string = "" } {
              n = n + 1
              newest = id
              kind = value
            }
        stream ended = parts.expired | map { key, n, newest, kind, at = expired_at }
        """),
    SimulatedStage(
      "count window",
      "| window count 7 by key { n = count(), all = collect(id), v = last(value), t = max(time) }"),
    SimulatedStage(
      "early window",
      """
      | window hopping 1ms every 500us by key, value emit every 300us allow late 700us {
          n = count()
          all = collect(id)
          kinds = count_distinct(id % 5)
          thirds = sum(cast(id as float) / 3)
        }
      | map { key, value, window_start, n, all, kinds, thirds = round(thirds, 3) }
      """, updates: true),
    SimulatedStage(
      "early sessions",
      """
      | where id % 3 > 0
      | window session gap 250us by key, value, part = id % 4 emit every 300us allow late 900us {
          n = count()
          all = collect(id)
          last = last(time)
          kinds = count_distinct(id % 5)
        }
      | aggregate by key, value, part, window_start, n {
          sessions = count()
          end = max(window_end)
          last = max(last)
        }
      """, updates: true),
    // A group by the sum as it was told goes only if just that sum is taken back.
    SimulatedStage(
      "sums of early windows",
      """
      | window hopping 1ms every 500us by key emit every 300us allow late 700us {
          n = count()
          most = max(value)
          thirds = sum(cast(id as float) / 3)
        }
      | aggregate by key, window_start, thirds {
          rows = count()
          n = max(n)
          most = max(most)
        }
      | map { key, window_start, rows, n, most, thirds = round(thirds, 3) }
      """, updates: true),
    // So many slices that blocks of them are made.
    SimulatedStage(
      "window of many slices",
      """
      | window hopping 8ms every 500us by key {
          n = count()
          total = sum(id)
          most = max(value)
          last = last(time)
        }
      """),
    SimulatedStage(
      "sketches",
      """
      | window hopping 2ms every 1ms by key {
          ids = approx_count_distinct(id)
          middle = approx_percentile(id, 0.5)
          kinds = approx_top(value, 2)
        }
      """),
    SimulatedStage(
      "cumulative window",
      """
      | window cumulative 4ms every 1ms by key {
          n = count()
          total = sum(id)
          kinds = count_distinct(value)
          last = last(time)
        }
      """),
    asked("asked table", "| enrich ranks on key", "concurrency: 3, cache: 5ms"),
    asked(
      "asked table without order",
      """
      | enrich ranks on key
      | window tumbling 1ms by key, rank, value { n = count(), last = max(id), newest = max(time) }
      """,
      "order: none, breaker: { open_at: 50%, of: 4, for: 5ms }"),
    executed("executed task", "concurrency: 5, fair_by: key"),
    executed("executed task in order", "ordered_by: key, concurrency: [8, 2 per value]"),
    executed(
      "executed task that is asked for",
      "in_doubt: verify, verify: { url: \"http://localhost:1/asked\" }"),
  ]

  /// A task whose calls are made until they succeed.
  private static func executed(_ name: String, _ options: String) -> SimulatedStage {
    SimulatedStage(
      name, "| execute send as r | map { key, id, time, value, r.reply }",
      others: """
        task send using http {
          url: "http://localhost:1/", idempotency_key: id, timeout: 40ms
          response: { reply: string from "reply" }
          retry: { attempts: 1000, backoff: exponential(1ms, max: 8ms), on: [503, timeout] }
          \(options)
        }
        """)
  }

  /// A table that is asked. Rows must get through whatever it does.
  private static func asked(_ name: String, _ stages: String, _ options: String) -> SimulatedStage {
    SimulatedStage(
      name, stages,
      others: """
        type Rank { key: string, rank: int }
        table ranks: Rank key key from redis {
          address: "localhost:1", batch: 3 within 300us, timeout: 40ms, \(options)
          retry: { attempts: 1000, backoff: exponential(1ms, max: 8ms) }
        }
        """)
  }

  /// - Parameters:
  ///   - interval: microseconds between checkpoints.
  ///   - commit: says which sinks the result has, and how all sinks deliver.
  func physical(interval: Int64, _ commit: SimulatedPipeline.Commit) -> PhysicalPlan {
    let file = SourceFile(path: "\(name).raudal", bytes: Array(text(commit.outputs).utf8))
    let compilation = DefinitionCompiler.compile(file: file)
    guard var plan = compilation.physical else {
      fatalError(TextRenderer(files: [file]).render(compilation.diagnostics))
    }
    plan.checkpoints = CheckpointPolicy(interval: interval, keep: 2)
    let memory = ConnectorSpec(connector: "memory", options: [])
    for index in plan.operators.indices {
      switch plan.operators[index].kind {
      case .source(var spec):
        precondition(plan.operators[index].schema.count == SimulatedRow.schema.count, name)
        spec.connector = memory
        spec.decoding = DecodingSpec(format: .raw, columns: [])
        plan.operators[index].kind = .source(spec)
      case .sink(let spec):
        plan.operators[index].kind = .sink(
          SinkSpec(
            name: spec.name, connector: memory, encoding: EncodingSpec(),
            delivery: commit.delivery(of: spec.name)))
      default: break
      }
    }
    return plan
  }

  private func text(_ outputs: [String]) -> String {
    let sinks = outputs.map { name in
      """
      \(name == "out" ? "" : "stream \(name) = out")
      sink \(name) to file { path: "\(name)", format: json\(updates ? ", updates: final" : "") }
      """
    }
    return """
      pipeline p
      type View { key: string, time: timestamp, id: int, value: string }
      source views: View from file {
        path: "views.jsonl"
        format: json
        event_time: time
        lateness: \(Self.lateness)us
      }
      \(others)
      stream out = views \(stages)
      \(sinks.joined(separator: "\n"))
      """
  }
}
