import Columns
import Connectors
import Dataflow
import Plans
import Platform
import Schemas

/// A pipeline on a stage of its own: one simulated process after the other over the same files.
final class TestStage {
  /// Microseconds of virtual time between two checkpoints: so short that a test which waits for
  /// some does not come to what the definition does after a time (`idle`).
  private static let shortest: Int64 = 10_000
  private static let ofHours: Int64 = 600_000_000
  private static let ofDueTimes: Int64 = 60_000_000

  let tables = MemoryTables()
  private let scripts = TaskScripts()
  private var plan: PhysicalPlan
  private let world = SimulatedWorld(
    seed: 1, weather: SimulatedWorld.Weather(longestStep: 1, longestJobDelay: 0, delayedJobs: 0))
  private let files = VolatileFileStore()
  private var workers: Int
  private var process: SimulatedExecutor?
  private var run: PipelineRun?
  private var known: Set<String> = []
  /// The rows of each table as they were given last.
  private var tableRows: [String: TestRows] = [:]
  /// The source that was given rows last.
  private var lastGiven: String?
  /// How many rows each source was given.
  private var counts: [String: Int] = [:]
  /// Rows that came too late in processes that have died, by stream.
  private var lateBefore: [String: Int] = [:]

  private let models: ModelRegistry
  /// Of the definition: where its models lie.
  private let directory: String

  init(
    plan: PhysicalPlan, workers: Int, models: ModelRegistry, directory: String
  ) throws(RunFailure) {
    self.models = models
    self.directory = directory
    self.plan = plan
    self.workers = workers
    try prepare()
  }

  func isTable(_ rows: TestRows) -> Bool { plan.tables.contains { $0.name == rows.stream } }

  /// - Throws: where an older definition reads other columns than the rows have.
  func give(_ rows: TestRows) throws(RunFailure) {
    if isTable(rows) {
      tableRows[rows.stream] = rows
      return try fill(rows.stream)
    }
    try settle(before: rows.stream)
    for source in sources where source.name == rows.stream {
      try check(rows, TestRowConversion.misfit(of: rows, as: source))
      let count = counts[rows.stream, default: 0]
      let batch = TestRowConversion.batch(of: rows, as: source, from: count)
      tables.append(batch, to: source.name, partition: 0)
    }
    counts[rows.stream, default: 0] += rows.rows.count
  }

  /// Tasks are due by the clock: where there are some it begins with the event time of the first
  /// row that will be given and has one. To be called before anything is given.
  func begin(with given: [TestRows]) {
    guard !plan.tasks.isEmpty else { return }
    for rows in given {
      var first = rows
      first.rows = Array(rows.rows.prefix(1))
      guard !first.rows.isEmpty, let source = sources.first(where: { $0.name == rows.stream }),
        case .column(let name)? = source.eventTime?.origin,
        TestRowConversion.misfit(of: first, as: source) == nil
      else { continue }
      let batch = TestRowConversion.batch(of: first, as: source, from: 0)
      guard let place = batch.schema.index(of: name), batch.columns[place].isValid(0) else {
        continue
      }
      return world.clock.advance(to: Timestamp(microseconds: batch.columns[place].int(0)))
    }
  }

  /// Where rows find what has come before them, they come in the order of the steps.
  private func settle(before stream: String) throws(RunFailure) {
    defer { lastGiven = stream }
    guard let lastGiven, lastGiven != stream, plan.operators.contains(where: \.followsTable) else {
      return
    }
    try settle()
  }

  /// How the calls of a task are answered from here on.
  func answer(_ task: String, _ script: TaskScript) { scripts.set(task, script) }

  func advance(to time: Int64) throws {
    for source in sources where source.eventTime != nil {
      tables.advance(source.name, partition: 0, to: Timestamp(microseconds: time))
    }
    try settle()
  }

  /// Lets the process die once all that was given counts. Another begins with the next step, with
  /// so many workers and that plan, or as before.
  func crashAndRestore(workers: Int? = nil, as plan: PhysicalPlan? = nil) throws {
    try settle()
    lateBefore = lateRows
    process?.crash()
    process = nil
    run = nil
    if let workers { self.workers = workers }
    if let plan {
      self.plan = plan
      try prepare()
    }
  }

  /// Runs until all that was given has gone through and counts.
  func settle() throws(RunFailure) {
    let run = started()
    let until = Timestamp(
      microseconds: world.clock.now().microseconds + 3 * interval)
    _ = world.run { [world] in world.clock.now() >= until || run.outcome != nil }
    if case .failed(let failure)? = run.outcome { throw failure }
  }

  func finish() throws {
    let run = started()
    for source in sources { tables.finish(source.name) }
    let outcome = world.run { run.outcome != nil }
    switch run.outcome {
    case .failed(let failure)?: throw failure
    case nil: throw RunFailure(.final, "the test does not come to an end (\(outcome))")
    default: return
    }
  }

  /// How far the event time of each source has come.
  var times: [(source: String, time: String)] {
    let status = run?.status().job?.sources ?? []
    return sources.filter { $0.eventTime != nil }.map { source in
      let time = status.first { $0.partition.source == source.name }?.watermark ?? .beginning
      let text =
        time == .beginning ? "none yet" : TimeRendering.timestamp(time.microseconds)
      return (source.name, text)
    }
  }

  /// How many rows came too late for a stage of each stream that had some.
  var late: [(stream: String, rows: Int)] {
    lateRows.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private var lateRows: [String: Int] {
    let status = run?.status()
    let stages = status?.job?.stages ?? status?.ended?.status.stages ?? []
    return stages.reduce(into: lateBefore) { sums, stage in
      let stream = stage.id.name.split(separator: ".").first.map(String.init) ?? stage.id.name
      sums[stream, default: 0] += Int(stage.metrics.late)
    }
  }

  private var sources: [SourceSpec] { plan.sources.map(\.spec) }

  /// A step that lets a row go now and then would make thousands of checkpoints while it waits.
  private var interval: Int64 {
    let rates = plan.operators.compactMap { step in
      if case .throttle(let spec) = step.kind { spec.rate } else { nil }
    }
    let slowest = (rates + plan.tasks.flatMap { $0.rates.map(\.rate) }).min()
    let period = slowest.map { Int64(min(1_000_000 / $0, 1e12)) } ?? 0
    // One that waits for its hour waits for most of a day, and one that has a time for days.
    let hours = plan.tasks.contains { $0.hours != nil } ? Self.ofHours : 0
    let due = plan.tasks.contains { $0.dueAt != nil } ? Self.ofDueTimes : 0
    return max(Self.shortest, period, hours, due)
  }

  private func prepare() throws(RunFailure) {
    plan.checkpoints.interval = interval
    for source in sources where known.insert(source.name).inserted {
      tables.setSource(source.name, partitions: [[]], isClosed: false)
    }
    for table in plan.tables { try fill(table.name) }
  }

  /// Gives a table its rows in the columns that the plan reads.
  private func fill(_ name: String) throws(RunFailure) {
    guard let table = plan.tables.first(where: { $0.name == name }) else { return }
    let columns = table.decoding.columns
    if let rows = tableRows[name] {
      try check(rows, TestRowConversion.misfit(of: rows, as: columns))
    }
    let batch = tableRows[name].map { TestRowConversion.batch(of: $0, as: columns) }
    tables.setSource(name, partitions: [batch.map { [$0] } ?? []])
  }

  private func check(_ rows: TestRows, _ misfit: String?) throws(RunFailure) {
    guard let reason = misfit else { return }
    throw RunFailure(
      .final, "line \(rows.line): the definition that this test upgrades from \(reason)")
  }

  private func started() -> PipelineRun {
    if let run { return run }
    let executor = world.makeProcess()
    let assembly = PipelineAssembly(
      plan: plan, options: RunOptions(workers: workers), executor: executor, files: files,
      connections: ScriptedConnections(
        RegistryConnections(
          ConnectorRegistry([MemoryConnector(tables)], models: models),
          resolver: OptionResolver(environment: [:]), directory: directory), scripts),
      notify: { _ in })
    let run = assembly.makeRun()
    run.start()
    process = executor
    self.run = run
    return run
  }
}
