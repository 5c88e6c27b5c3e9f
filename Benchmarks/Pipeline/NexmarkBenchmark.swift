import Columns
import Connectors
import Glibc
import Plans

/// The queries of the Nexmark suite on the whole engine: JSON lines from files in, rows counted and
/// dropped, a checkpoint in memory every ten seconds.
struct NexmarkBenchmark {
  private static let queries: [Int] = [0, 1, 2, 3, 4, 5, 7, 8, 9] + Array(11...22)
  /// The suite's usual rate; of it hangs how long auctions last.
  private static let eventRate: Int64 = 10_000
  private static let files = 2

  private let folder: String
  private let events: String
  private let rounds: Int
  private var written: [NexmarkGenerator.Kind: Int] = [:]

  /// - Parameter folder: of the definitions.
  init(folder: String, events count: Int, rounds: Int) throws {
    self.folder = folder
    self.rounds = rounds
    events = "/tmp/raudal-nexmark-\(getuid())"
    mkdir(events, 0o755)
    written = try write(count)
  }

  /// One of the queries (`q5`), or all.
  static func queries(_ name: String?) throws -> [Int] {
    guard let name else { return queries }
    guard let number = queries.first(where: { "q\($0)" == name }) else {
      let all = queries.map { "q\($0)" }.joined(separator: ", ")
      throw BenchmarkFailure("there is no query \(name), only \(all)")
    }
    return [number]
  }

  func run(_ queries: [Int]) throws {
    print("query   rows read  rows out   workers  M rows/s per core  ns/row CPU  M rows/s wall")
    for number in queries {
      for workers in [1, 2] { try measure(number, workers) }
    }
  }

  func removeEvents() {
    for kind in NexmarkGenerator.Kind.allCases {
      for file in 0..<Self.files { unlink(path(kind, file)) }
    }
    unlink("\(events)/side_input.csv")
    rmdir(events)
  }

  private func measure(_ number: Int, _ workers: Int) throws {
    let plan = try compile("q\(number)")
    let rows = read(plan)
    var costs: [Cost] = []
    var out = 0
    for _ in 0..<max(rounds, 1) {
      let counts = RowCount()
      costs.append(try Cost.of { try run(plan, workers, counts) })
      out = counts.rows
    }
    guard out > 0 else { throw BenchmarkFailure("q\(number) put out no row") }
    let processor = median(costs.map(\.processor)), wall = median(costs.map(\.wall))
    let columns = [
      pad("q\(number)", 5), pad("\(rows)", 11), pad("\(out)", 9), pad("\(workers)", 9),
      pad(hundredths(Double(rows) / processor / 1e6), 18),
      pad(tenths(processor * 1e9 / Double(rows)), 11),
      pad(hundredths(Double(rows) / wall / 1e6), 14),
    ]
    print(columns.joined(separator: " "))
    fflush(nil)
  }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  private func hundredths(_ value: Double) -> String { String((value * 100).rounded() / 100) }

  /// Rows of the kinds that the plan's sources name.
  private func read(_ plan: PhysicalPlan) -> Int {
    plan.operators.reduce(0) { sum, step in
      guard case .source(let spec) = step.kind else { return sum }
      let kinds = ["people": NexmarkGenerator.Kind.person, "auctions": .auction, "bids": .bid]
      return sum + (kinds[spec.name].flatMap { written[$0] } ?? 0)
    }
  }

  private func compile(_ name: String) throws -> PhysicalPlan {
    var plan = try WholeEngine.compile("\(folder)/\(name).raudal", settings: ["events": events])
    plan.replaceEnds(sink: ConnectorSpec(connector: "drop", options: []))
    return plan
  }

  private func run(_ plan: PhysicalPlan, _ workers: Int, _ counts: RowCount) throws {
    try WholeEngine.run(
      plan, workers: workers, directory: folder, [FileConnector(), DropConnector(counts: counts)])
  }

  private func path(_ kind: NexmarkGenerator.Kind, _ file: Int) -> String {
    "\(events)/\(kind.rawValue)-\(file).jsonl"
  }

  /// Events of each kind in files by turns, as the command writes them.
  private func write(_ count: Int) throws -> [NexmarkGenerator.Kind: Int] {
    let generator = NexmarkGenerator(seed: 1, rate: Self.eventRate)
    var files: [NexmarkGenerator.Kind: [UnsafeMutablePointer<FILE>]] = [:]
    for kind in NexmarkGenerator.Kind.allCases {
      files[kind] = try (0..<Self.files).map { try Files.create(path(kind, $0)) }
    }
    defer { for file in files.values.joined() { fclose(file) } }
    let line = ByteBuffer(capacity: 1024)
    var written: [NexmarkGenerator.Kind: Int] = [:]
    for ordinal in 0..<count {
      let kind = NexmarkGenerator.kind(of: UInt64(ordinal))
      let turn = written[kind, default: 0]
      written[kind] = turn + 1
      let time = 1_767_225_600_000 + Int64(ordinal) * 1_000 / Self.eventRate
      line.removeAll()
      generator.append(UInt64(ordinal), eventTime: time * 1_000, to: line)
      line.append("\n")
      guard let own = files[kind] else { continue }
      Files.write(line.bytes, to: own[turn % Self.files])
    }
    let side = try Files.create("\(events)/side_input.csv")
    NexmarkGenerator.sideInput().withUnsafeBufferPointer { Files.write($0, to: side) }
    fclose(side)
    return written
  }
}
