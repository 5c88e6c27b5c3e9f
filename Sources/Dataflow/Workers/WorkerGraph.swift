import Connectors
import Instruments
import KeyedState
import Operators
import Plans
import Platform
import Schemas

/// A worker's copy of the operator graph, wired and restored.
final class WorkerGraph {
  fileprivate(set) var segments: [Segment] = []
  /// Those that only get what others send, and those with sources; the most downstream first.
  fileprivate(set) var inner: [Segment] = []
  fileprivate(set) var reading: [Segment] = []
  /// In the order of the plan.
  fileprivate(set) var sources: [SourceStage] = []
  fileprivate(set) var sinks: [SinkOperator] = []
  /// Partitions ever assigned, over all workers; the next one's turn.
  fileprivate var assigned = 0

  static func make(worker: Worker, frame: JobFrame) throws(JobFailure) -> WorkerGraph {
    let builder = GraphBuilder(worker: worker, frame: frame)
    return try builder.build()
  }

  /// Takes over this worker's share of newly found partitions.
  func add(_ partitions: [SourcePartition], worker: Int, of workers: Int) {
    for partition in partitions.sorted(by: { $0.id < $1.id }) {
      if assigned % workers == worker,
        let source = sources.first(where: { $0.name == partition.id.source })
      {
        source.discover(partition)
      }
      assigned += 1
    }
  }

  /// When something will be due without anyone ringing.
  var deadline: Timestamp? {
    let timers = segments.compactMap { $0.nextWallTimer }
    return (timers + sources.compactMap { $0.deadline }).min()
  }

  func close() {
    for source in sources { source.close() }
    for sink in sinks { sink.close() }
  }
}

/// Makes a worker's graph, from the sinks up, so that every stage finds its followers.
private struct GraphBuilder {
  let worker: Worker
  let frame: JobFrame
  let graph = WorkerGraph()

  private var setup: JobSetup { frame.setup }
  private var operators: [PhysicalOperator] { frame.setup.plan.operators }

  init(worker: Worker, frame: JobFrame) {
    self.worker = worker
    self.frame = frame
  }

  func build() throws(JobFailure) -> WorkerGraph {
    graph.segments = frame.layout.segments.indices.map {
      Segment(index: $0, worker: worker, clock: setup.executor.clock)
    }
    var outlets: [Outlet] = []
    for index in operators.indices { outlets.append(Outlet(segment: segment(of: index))) }
    var stages: [PhysicalPlan.Index: Stage] = [:]
    for (index, step) in operators.enumerated() {
      if case .source = step.kind { continue }
      stages[index] = try makeStage(index, outlet: outlets[index])
    }
    // Followers first: an outlet collects all that can be reached through it.
    for to in operators.indices.reversed() {
      try connect(to, outlets: outlets, stages: stages)
    }
    for index in operators.indices {
      segment(of: index).add(frame.instruments[worker.number][index])
      if let stage = stages[index] { segment(of: index).add(stage) }
    }
    for index in frame.layout.sources { try addSource(index, outlet: outlets[index]) }
    let reading = Set(frame.layout.sources.map { frame.layout.segmentOf[$0] })
    for place in graph.segments.indices.reversed() {
      if reading.contains(place) {
        graph.reading.append(graph.segments[place])
      } else {
        graph.inner.append(graph.segments[place])
      }
    }
    for index in operators.indices {
      if let stage = stages[index] { try open(stage, index) }
    }
    try openPartitions()
    return graph
  }

  private func segment(of index: PhysicalPlan.Index) -> Segment {
    graph.segments[frame.layout.segmentOf[index]]
  }

  private func makeStage(
    _ index: PhysicalPlan.Index, outlet: Outlet
  ) throws(JobFailure) -> Stage {
    let step = operators[index]
    let context = StageContext(
      id: step.id, worker: worker.number, workers: frame.workers,
      instruments: frame.instruments[worker.number][index], executor: setup.executor,
      bell: RisingBell(frame.rest, worker.number, frame.threads[worker.number]))
    return Stage(
      id: step.id, work: try makeWork(index, context), inputs: step.inputs.count, outlet: outlet,
      context: context, segment: segment(of: index), hotKeys: hotKeys(of: step))
  }

  /// Looks at the keys of the rows that come to a first phase, or over an exchange by key. What
  /// comes to a second phase are partial rows, of each key as many.
  private func hotKeys(of step: PhysicalOperator) -> HotKeys? {
    guard let edge = step.inputs.first else { return nil }
    let names: [String]
    switch (step.kind, edge.exchange) {
    case (.localWindow(let window), _): names = window.keys.map(\.name)
    case (.globalWindow, _): return nil
    case (_, .key(let keys)?): names = keys
    default: return nil
    }
    let schema = operators[edge.from].schemaBeside(edge.output, setup.plan)
    let places = names.compactMap { schema.index(of: $0) }
    guard !places.isEmpty, places.count == names.count else { return nil }
    return HotKeys(keys: places, of: schema)
  }

  private func makeWork(
    _ index: PhysicalPlan.Index, _ context: StageContext
  ) throws(JobFailure) -> any Operator {
    let step = operators[index]
    guard case .sink = step.kind else {
      return try attempt { () throws(any Error) in
        try setup.operators.make(index, worker: worker.number)
      }
    }
    guard let sink = setup.sinks[step.id] else {
      throw .connector(ConnectorError(.configuration, "sink \(step.id) is not connected"))
    }
    let writer = try attempt { () throws(any Error) in
      try sink.makeWriter(worker: worker.number, wake: frame.threads[worker.number])
    }
    let work = SinkOperator(
      id: step.id, writer: writer, route: step.errorRoute, context: context)
    graph.sinks.append(work)
    return work
  }

  /// Connects the inputs of an operator to those who feed it.
  private func connect(
    _ to: PhysicalPlan.Index, outlets: [Outlet], stages: [PhysicalPlan.Index: Stage]
  ) throws(JobFailure) {
    guard let stage = stages[to] else { return }
    for (input, edge) in operators[to].inputs.enumerated() {
      let port = edge.output.port
      guard edge.exchange != nil else {
        outlets[edge.from].connect(port, to: .stage(stage, input: input))
        continue
      }
      guard
        let crossing = frame.layout.crossings.firstIndex(where: { $0.to == to && $0.input == input }
        )
      else { continue }
      let sender = ExchangeSender(
        keys: frame.layout.crossings[crossing].keys,
        channels: frame.channels(of: crossing, from: worker.number),
        batchRows: setup.configuration.batchRows,
        delayMicroseconds: setup.configuration.exchangeDelay, clock: setup.executor.clock)
      segment(of: edge.from).add(sender)
      outlets[edge.from].connect(port, to: .exchange(sender))
      let channels = frame.channels(of: crossing, to: worker.number)
      let target = ExchangeInput(stage: stage, port: input, senders: channels.count)
      for (sender, channel) in channels.enumerated() {
        segment(of: to).add(ChannelInput(channel: channel, target: target, sender: sender))
      }
    }
  }

  private func addSource(_ index: PhysicalPlan.Index, outlet: Outlet) throws(JobFailure) {
    let step = operators[index]
    guard case .source(let spec) = step.kind, let source = setup.sources[step.id] else {
      throw .connector(ConnectorError(.configuration, "source \(step.id) is not connected"))
    }
    let reader = try attempt { () throws(any Error) in
      try source.makeReader(worker: worker.number, wake: frame.threads[worker.number])
    }
    let decoder = try attempt { () throws(any Error) in try setup.decoders(spec) }
    let place = frame.layout.sources.firstIndex(of: index) ?? 0
    guard let drift = frame.drifts[index], let board = frame.boards[index] else {
      preconditionFailure("every source has its boards")
    }
    let rows = try SourceRows(
      step, spec: spec, decoder: decoder, tagged: frame.layout.needsTags ? place : nil)
    let stage = SourceStage(
      id: step.id, spec: spec, reader: reader, rows: rows, outlet: outlet,
      clock: setup.executor.clock, worker: worker.number,
      batchRows: setup.configuration.batchRows,
      isOpenEnded: source.discoveryInterval != nil && !setup.stopsAtEnd
        && !setup.ended.contains(step.id),
      canGoOn: source.canGoOn, index: index, frame: frame, drift: drift, board: board,
      instruments: frame.instruments[worker.number][index])
    graph.sources.append(stage)
    segment(of: index).add(stage)
  }

  /// Opens an operator, gives it back what the checkpoint has of it, and replays its journal.
  private func open(_ stage: Stage, _ index: PhysicalPlan.Index) throws(JobFailure) {
    try attempt { () throws(any Error) in
      if stage.work.needsJournal {
        guard let journals = setup.journals else {
          throw JobFailure.restore("\(stage.id) needs a journal, and there is no place for one")
        }
        try JournalStore(files: journals.files).prepare(stage.id)
        stage.context.open(journals, epoch: setup.epoch)
      }
      try stage.work.open(stage.context)
      if let reader = try setup.restored.reader(
        for: stage.id, worker: worker.number, of: frame.workers)
      {
        try stage.work.restore(from: reader)
      }
      stage.dismiss = { [demand = frame.demand] in demand.exhaust(index) }
      stage.lookForEnd()
      if let work = stage.work as? any HoldingOperator, let gate = frame.gates[index] {
        let hold = StageHold(work, gate: gate) { [demand = frame.demand] in demand.isOver(index) }
        stage.holdRows(hold)
      }
      guard stage.work.needsJournal, let journals = setup.journals, let base = journals.base
      else { return }
      let entries = try JournalStore(files: journals.files).entries(
        of: stage.id, behind: base, before: journals.incarnation, worker: worker.number,
        of: frame.workers)
      for entry in entries { try stage.work.replay(entry) }
    }
  }

  private func openPartitions() throws(JobFailure) {
    let states = setup.restored.partitions.sorted { $0.partition < $1.partition }
    for state in states {
      let isMine = graph.assigned % frame.workers == worker.number
      graph.assigned += 1
      guard isMine else { continue }
      guard let source = graph.sources.first(where: { $0.name == state.partition.source }) else {
        throw .restore("the checkpoint has partition \(state.partition) of a source that is gone")
      }
      try source.open(state)
    }
  }

  private func attempt<Value>(_ body: () throws(any Error) -> Value) throws(JobFailure) -> Value {
    do {
      return try body()
    } catch let failure as JobFailure {
      throw failure
    } catch let failure as OperatorError {
      throw .operatorFailed(failure)
    } catch let failure as ConnectorError {
      throw .connector(failure)
    } catch {
      throw .restore("\(error)")
    }
  }
}

extension NodeOutput {
  var port: OutputPort {
    switch self {
    case .main: .main
    case .late: .late
    case .unmatched: .unmatched
    case .capped: .capped
    case .expired: .expired
    case .errors: .errors
    case .failed: .failed
    }
  }
}
