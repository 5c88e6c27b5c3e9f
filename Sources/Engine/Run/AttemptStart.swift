import Checkpoints
import Connectors
import Dataflow
import KeyedState
import Operators
import Plans
import Platform
import Schemas

/// The way from nothing to a job that may read its first record: blocking, on a lane.
///
/// Its order is what makes it safe: the incarnation keeps older processes off the files, the new
/// producers fence them off the output; only then is it decided what counts.
struct AttemptStart: Sendable {
  enum Result: Sendable {
    case started(Attempt)
    case wasFinished(Epoch)
  }

  var setup: PipelineSetup
  var store: CheckpointStore
  /// `--fresh` and `--from` hold for the first attempt; later ones go on from what it did.
  var request: RecoveryChoice.Request
  /// The user wants no start any more.
  var stop: StopToken
  /// Is told what connectors wait for.
  var waits: @Sendable (_ place: String, _ what: String?) -> Void = { _, _ in }

  private var plan: PhysicalPlan { setup.plan }

  func run() throws -> Result {
    var opened = Opened()
    do {
      return try run(try store.takeIncarnation(), &opened)
    } catch {
      opened.close()
      throw abandoning(DamageAdvice(store).explained(error), opened)
    }
  }

  /// A failure behind the point where the state before was given up says so.
  private func abandoning(_ error: any Error, _ opened: Opened) -> any Error {
    guard opened.hasBegun, request != .resume else { return error }
    var failure = RunFailure(error)
    guard failure.kind == .final else { return failure }
    failure.message +=
      ". What came before this start is given up already: the next one goes on as this one would"
      + " have, and `--from ID` goes back to a checkpoint that `raudal checkpoint list` shows"
    return failure
  }

  /// What must be let go if the start fails.
  private struct Opened {
    var sources: [OperatorID: any Source] = [:]
    var sinks: [OperatorID: any Sink] = [:]
    var producers: [any TransactionalProducer] = []
    /// It is written down from where this attempt goes on.
    var hasBegun = false

    func close() {
      for producer in producers { producer.destroy() }
      for source in sources.values { source.close() }
      for sink in sinks.values { sink.close() }
    }
  }

  private func run(_ incarnation: Incarnation, _ opened: inout Opened) throws -> Result {
    let environment = self.environment
    let (marker, hasTransaction) = try readMarker(&opened, environment, incarnation)
    let view = marker.map { MarkerView($0) }
    // Read behind the marker, so that the manifest it names is among them.
    let choice = try DirectoryKnowledge(store, request)
      .choose(request, view, hasTransaction: hasTransaction)
    let lineage = choice.lineage ?? makeLineage()
    let base = try choice.base.map { try contents($0) }
    let operators = try setup.makeOperators(environment)
    let models = try Manifest.models(operators.models, behind: base?.manifest)
    try operators.prepare()
    let declared = try declaredStates(operators)
    let dropped = try base.map { try refuseLoss($0.manifest, declared) } ?? []
    if base == nil { DropNames.warn(setup.options.allowDrop, of: plan, store, setup.notify) }
    let turns = turns(of: opened.producers)
    // What the definition names is looked at before the state is given up that was there.
    let names = try connect(&opened, turns, environment)
    let start = try startPartitions(opened, base?.manifest, goesOn: choice.lineage != nil)
    try claim(names, lineage, hasState: base != nil)
    opened.hasBegun = true
    try store.begin(
      IncarnationRecord(
        number: incarnation.number, lineage: lineage, base: choice.base, marker: view),
      as: incarnation)
    try store.remember(dropped: dropped, as: incarnation)
    try settle(base?.manifest, names, incarnation)
    guard let start else {
      opened.close()
      return .wasFinished(base?.manifest.id.epoch ?? Epoch(0))
    }
    var next = Epoch(max(try store.newestEpoch()?.next.number ?? 0, marker?.epoch.next.number ?? 0))
    let journalBase = Self.journalBase(choice, base?.manifest)
    var committed = base?.manifest
    if choice.lineage == nil || start.hasNewEnds || committed?.models != models {
      committed = try open(
        base: base?.manifest, CheckpointID(epoch: next, incarnation: incarnation.number), lineage,
        start, models, opened.producers.first, incarnation, stateFrom: journalBase)
      next = next.next
    }
    guard let committed else { throw RunFailure(.final, "a run begins with a checkpoint") }
    return .started(
      Attempt(
        incarnation: incarnation, lineage: lineage, sources: opened.sources, sinks: opened.sinks,
        sinksByName: names, turns: turns, operators: operators, declared: declared,
        restored: RestoredCheckpoint(
          contents: base, declared: declared, partitions: start.states),
        journalBase: journalBase, committed: committed, next: next, stopsAtEnd: start.stopsAtEnd,
        ended: start.ended, models: models))
  }

  private func turns(of producers: [any TransactionalProducer]) -> TransactionTurns? {
    producers.isEmpty ? nil : TransactionTurns(producers, clock: setup.executor.clock)
  }

  /// Nil where the run has finished that the checkpoint is of, and there is nothing new to read.
  private func startPartitions(
    _ opened: Opened, _ base: Manifest?, goesOn: Bool
  ) throws(ConnectorError) -> StartPartitions? {
    let wasFinished = goesOn && base?.isFinished == true
    if wasFinished, !StartPartitions.hasNewSources(plan, base) { return nil }
    return try StartPartitions(
      plan, opened.sources, base, wasFinished: wasFinished,
      stopsAtEnd: setup.options.stopsAtEnd, notify: setup.notify)
  }

  /// Going back, or starting over, is the user's wish that what came behind is done again.
  private static func journalBase(_ choice: RecoveryChoice, _ base: Manifest?) -> CheckpointID? {
    choice.lineage == nil ? nil : base.map { $0.stateFrom ?? $0.id }
  }

  private var environment: ConnectorEnvironment {
    ConnectorEnvironment(
      pipeline: plan.pipeline, clock: setup.executor.clock, lanes: setup.executor.lanes,
      workers: setup.options.workers, checkpointInterval: plan.checkpoints.interval,
      notify: setup.notify, waits: waits, stop: stop)
  }

  private func makeLineage() -> String {
    String(setup.executor.randomness.next(), radix: 16)
  }
}

extension AttemptStart {
  /// A start that will be refused must not end the process that runs the pipeline: what can be seen
  /// without fencing is looked at before. Only the look behind it decides.
  private func refuseEarly(_ cluster: any TransactionalCluster) throws {
    guard case .known(let marker) = try cluster.peekMarker() else { return }
    _ = try DirectoryKnowledge(store, request)
      .choose(request, marker.map { MarkerView($0) }, hasTransaction: true)
  }

  /// What a cluster says about the output, and whether one was asked; before that, whoever could
  /// still change it is fenced.
  private func readMarker(
    _ opened: inout Opened, _ environment: ConnectorEnvironment, _ incarnation: Incarnation
  ) throws -> (CommitMarker?, isKnown: Bool) {
    if let cluster = try setup.connections.cluster(of: plan, environment) {
      try refuseEarly(cluster)
      opened.producers = try fence(cluster, incarnation)
      return (try cluster.readMarker(), true)
    }
    guard request == .resume, try DirectoryKnowledge(store, request).undecided != nil else {
      return (nil, false)
    }
    return try formerMarker(environment, incarnation)
  }

  /// The producers of this attempt, which fence those of any other. Only the newest incarnation may
  /// do that.
  private func fence(
    _ cluster: any TransactionalCluster, _ incarnation: Incarnation
  ) throws -> [any TransactionalProducer] {
    var producers: [any TransactionalProducer] = []
    do {
      for turn in 0...1 {
        try incarnation.verify()
        producers.append(try cluster.makeProducer(turn: turn))
      }
    } catch {
      for producer in producers { producer.destroy() }
      throw error
    }
    return producers
  }

  /// The marker of a time when a sink that no longer is took part in transactions, and whether any
  /// such cluster could be asked. Whatever is still open there is aborted first.
  private func formerMarker(
    _ environment: ConnectorEnvironment, _ incarnation: Incarnation
  ) throws -> (CommitMarker?, isKnown: Bool) {
    var isKnown = false
    for (index, step) in plan.operators.enumerated() {
      guard case .sink(var spec) = step.kind else { continue }
      spec.delivery = .exactlyOnce
      var former = plan
      former.operators[index].kind = .sink(spec)
      guard let cluster = try setup.connections.cluster(of: former, environment) else { continue }
      for producer in try fence(cluster, incarnation) { producer.destroy() }
      isKnown = true
      if let marker = try cluster.readMarker() { return (marker, true) }
    }
    return (nil, isKnown)
  }

  /// What a run rests on must not go away with the power.
  private func contents(_ id: CheckpointID) throws(CheckpointError) -> CheckpointContents {
    try store.secure(id)
    return try CheckpointContents(id, in: store)
  }

  private func declaredStates(
    _ operators: any OperatorMaker
  ) throws -> [OperatorID: [StateDeclaration]] {
    var declared = SourceModes(plan: plan).declared
    for (index, entry) in plan.operators.enumerated() {
      switch entry.kind {
      case .source, .sink: continue
      default: declared[entry.id] = try operators.make(index, worker: 0).states
      }
    }
    return declared.filter { !$0.value.isEmpty }
  }

  /// Returns the steps whose state is dropped.
  private func refuseLoss(
    _ base: Manifest, _ declared: [OperatorID: [StateDeclaration]]
  ) throws -> [OperatorID] {
    try SourceModes(plan: plan).refuseOthers(base)
    var decisions = StateDecision.all(
      stored: SourceModes.withoutModes(base.operators),
      declared: SourceModes.withoutModes(
        declared.map { OperatorStates(id: $0.key, states: $0.value) }))
    let sources = Set(plan.sources.map(\.spec.name))
    let sinks = Set(plan.sinks.map(\.spec.name))
    for name in Set(base.partitions.map(\.partition.source)).subtracting(sources).sorted() {
      decisions.append(
        StateDecision(owner: OperatorID(name), state: "positions", outcome: .dropped))
    }
    let pending = base.outputs.filter { !$0.payload.isEmpty }
    for name in Set(pending.map(\.sink)).subtracting(sinks).sorted() {
      decisions.append(
        StateDecision(owner: OperatorID(name), state: "pending output", outcome: .dropped))
    }
    let names = DropNames(
      allowed: setup.options.allowDrop, owners: Set(decisions.map(\.owner)), plan: plan)
    try names.refuseUnknown(base, store, setup.notify)
    try StateDecision.refuseLoss(
      decisions, allowed: setup.options.allowDrop, checkpoint: base.id)
    for decision in decisions where decision.outcome == .converted || decision.losesState {
      let what = decision.losesState ? "dropped" : "converted"
      setup.notify("state `\(decision.state)` of \(decision.owner) is \(what)")
    }
    let dropped = decisions.filter(\.losesState).map(\.owner)
    guard !store.isBeginning(base) else { return dropped }
    // A source's state is how far it was read.
    let stored =
      SourceModes.withoutModes(base.operators).map(\.id)
      + base.partitions.map { OperatorID($0.partition.source) }
    let steered = decisions.filter { $0.state == SteeredKeys.stateName && $0.outcome == .new }
    try UpdateLedger(plan: plan).refuseStrangers(
      Set(stored), dropped: Set(dropped), steered: Set(steered.map(\.owner)))
    return dropped
  }

  /// Connects sources and sinks. Returns the sinks by name.
  private func connect(
    _ opened: inout Opened, _ turns: TransactionTurns?, _ environment: ConnectorEnvironment
  ) throws(ConnectorError) -> [String: any Sink] {
    for (id, spec) in plan.sources {
      opened.sources[id] = try setup.connections.source(spec, environment)
    }
    var names: [String: any Sink] = [:]
    for (id, spec, schema) in plan.sinks {
      let sink = try setup.connections.sink(
        spec, schema: schema, transaction: spec.delivery == .exactlyOnce ? turns : nil, environment)
      opened.sinks[id] = sink
      names[spec.name] = sink
    }
    return names
  }

  private func claim(
    _ sinks: [String: any Sink], _ lineage: String, hasState: Bool
  ) throws(ConnectorError) {
    let claim = OutputClaim(
      lineage: lineage, hasState: hasState, startsOver: request != .resume)
    for (_, sink) in sinks.sorted(by: { $0.key < $1.key }) { try sink.claim(claim) }
  }

  /// Finishes what the chosen checkpoint left to do, and removes what any other did. Output that is
  /// known to be visible is not asked for: whoever reads it may have taken it away.
  private func settle(
    _ base: Manifest?, _ sinks: [String: any Sink], _ incarnation: Incarnation
  ) throws {
    let isSettled = base.map { store.isSettled($0.id) } ?? true
    let outputs = isSettled ? [] : base?.outputs ?? []
    for (name, sink) in sinks.sorted(by: { $0.key < $1.key }) {
      let pending = outputs.filter { $0.sink == name }.map { PendingOutput($0) }
      try sink.discardUncommitted(keeping: pending)
      do throws(ConnectorError) {
        try sink.commit(pending)
      } catch {
        guard error.kind == .gap else { throw error }
        guard setup.options.allowDrop.contains(OperatorID(name)) else {
          throw RunFailure(
            .final,
            "\(error.message). Bring it back; or if its rows are where they belong, or may be "
              + "lost, go on with --allow-drop \(name)")
        }
        setup.notify("\(error.message); allowed by --allow-drop \(name)")
      }
    }
    guard let base, !isSettled else { return }
    try store.settle(base.id, as: incarnation)
    for sink in sinks.values { try sink.settle() }
  }

  /// Commits the checkpoint before the first record: start positions, known partitions, ends, and
  /// what the base remembers. It is made where there is none, and where there is something new in
  /// it: a version's name is taken before anything answers under it, for a row may leave, or an
  /// answer be written down, and no other checkpoint follow.
  private func open(
    base: Manifest?, _ id: CheckpointID, _ lineage: String, _ start: StartPartitions,
    _ models: [String: String], _ producer: (any TransactionalProducer)?,
    _ incarnation: Incarnation, stateFrom: CheckpointID?
  ) throws -> Manifest {
    var manifest = Manifest(
      id: id, pipeline: plan.pipeline, lineage: lineage, predecessor: base?.id,
      createdAt: setup.executor.clock.now(), workers: base?.workers ?? setup.options.workers,
      isDecidedByTransaction: producer != nil, partitions: start.states.map(\.stored),
      operators: SourceModes(plan: plan).added(to: base?.operators ?? []), parts: base?.parts ?? [])
    manifest.stateFrom = stateFrom
    (manifest.ended, manifest.models) = (start.ended, models)
    let digest = try store.write(manifest, as: incarnation)
    if let producer {
      do {
        try producer.begin()
        try producer.commit(CommitMarker(epoch: id.epoch, lineage: lineage, digest: digest))
      } catch { throw RunFailure.unclearCommit(error) }
    }
    return manifest
  }
}

extension MarkerView {
  init(_ marker: CommitMarker) {
    self.init(epoch: marker.epoch.number, lineage: marker.lineage, digest: marker.digest)
  }
}

extension PhysicalPlan {
  var sources: [(id: OperatorID, spec: SourceSpec)] {
    operators.compactMap {
      if case .source(let spec) = $0.kind { ($0.id, spec) } else { nil }
    }
  }

  /// With the schema of the rows that come in.
  var sinks: [(id: OperatorID, spec: SinkSpec, schema: Schema)] {
    operators.compactMap { entry in
      guard case .sink(let spec) = entry.kind else { return nil }
      return (entry.id, spec, entry.schema)
    }
  }
}
