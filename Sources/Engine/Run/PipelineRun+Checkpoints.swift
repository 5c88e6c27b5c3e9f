import Checkpoints
import Connectors
import Dataflow
import Plans
import Platform
import Schemas

/// What a run does about its coordinator's decisions, and what comes back.
extension PipelineRun {
  /// What is due by time.
  func advance(_ running: Running) {
    let now = setup.executor.clock.now()
    if let time = running.coordinator.nextTime, time <= now { handle(.tick, running) }
    for (id, time) in running.discoveries where time <= now {
      running.discoveries[id] = nil
      discover(id, running)
    }
  }

  func handle(_ event: Coordinator.Event, _ running: Running) {
    let actions = running.coordinator.handle(event, at: setup.executor.clock.now())
    for action in actions { perform(action, running) }
  }

  func receive(_ message: Message, _ running: Running) throws {
    switch message {
    case .job(_, let event): try receive(event, running)
    case .part(_, let epoch, let worker, let result):
      if let part = try result.get() { running.gathered[epoch]?.parts.append(part) }
      handle(.partWritten(epoch, worker: worker), running)
    case .manifest(_, let manifest, let result):
      running.latest = manifest
      observer.wrote(digest: try result.get(), of: manifest)
      handle(.manifestWritten(manifest.id.epoch), running)
    case .transaction(_, let epoch, let result):
      try result.get()
      handle(.transactionCommitted(epoch), running)
    case .sinks(_, let epoch, let result):
      try result.get()
      handle(.sinksCommitted(epoch), running)
    case .retained(_, let failure):
      if let failure { throw failure }
    case .discovered(_, let id, let found):
      discovered(id, found, running)
    case .started, .closed, .stop: break
    }
  }

  private func receive(_ event: JobEvent, _ running: Running) throws {
    switch event {
    case .opened(let worker):
      handle(.opened(worker: worker), running)
    case .snapshot(let epoch, let worker, let id, let snapshot):
      running.gathered[epoch]?.snapshots[worker, default: []].append((id, snapshot))
    case .sources(let epoch, _, let partitions):
      running.gathered[epoch]?.partitions += partitions
    case .prepared(let epoch, _, let output):
      running.gathered[epoch]?.outputs.append(output)
    case .passed(let epoch, let worker):
      handle(.passed(epoch, worker: worker), running)
    case .counted: break
    case .finished(let worker):
      handle(.finished(worker: worker), running)
    case .rested: handle(.rested, running)
    case .failed(_, let failure):
      throw failure
    }
  }

  private func perform(_ action: Coordinator.Action, _ running: Running) {
    switch action {
    case .inject(let epoch, let full, let isFinal):
      running.gathered[epoch] = Running.Gathered(
        isFull: full, injectedAt: setup.executor.clock.now())
      running.job.inject(epoch, full: full, isFinal: isFinal)
    case .writePart(let epoch, let worker): writePart(epoch, worker, running)
    case .writeManifest(let epoch, let isFinished): writeManifest(epoch, isFinished, running)
    case .commitTransaction(let epoch): commitTransaction(epoch, running)
    case .commitSinks(let epoch): commitSinks(epoch, running)
    case .counts(let epoch): counts(epoch, running)
    case .holdSources: running.job.holdSources()
    case .resumeSources: running.job.resumeSources()
    case .fail(let reason): fail(RunFailure(.retriable, reason))
    case .end(.finished): finish(.finished(running.committed.id.epoch))
    case .end(.stopped): finish(.stopped(running.committed.id.epoch))
    case .end(.rested):
      RestNotice.lines(setup.plan, running.job.status()).forEach(setup.notify)
      finish(.stopped(running.committed.id.epoch))
    }
  }

  private func writePart(_ epoch: Epoch, _ worker: Int, _ running: Running) {
    let number = attempt
    let snapshots = running.gathered[epoch]?.snapshots.removeValue(forKey: worker) ?? []
    guard !snapshots.isEmpty else {
      post(.part(attempt: number, epoch, worker: worker, .success(nil)))
      return
    }
    let made = running.made
    let header = PartHeader(
      pipeline: setup.plan.pipeline, lineage: made.lineage,
      id: CheckpointID(epoch: epoch, incarnation: made.incarnation.number), worker: worker,
      workers: setup.options.workers)
    onLane("checkpoint \(worker)") {
      .part(
        attempt: number, epoch, worker: worker,
        Result {
          let part = try PartWriter(header, incarnation: made.incarnation)
          for (id, snapshot) in snapshots {
            try part.write(snapshot, of: id, states: made.declared[id] ?? [])
          }
          return try part.finish()
        }.mapError { RunFailure($0) })
    }
  }

  private func writeManifest(_ epoch: Epoch, _ isFinished: Bool, _ running: Running) {
    guard let gathered = running.gathered[epoch] else { return }
    let made = running.made
    var manifest = Manifest(
      id: CheckpointID(epoch: epoch, incarnation: made.incarnation.number),
      pipeline: setup.plan.pipeline, lineage: made.lineage, predecessor: running.committed.id,
      createdAt: setup.executor.clock.now(), workers: setup.options.workers,
      isFinished: isFinished, isDecidedByTransaction: made.turns != nil,
      partitions: gathered.partitions.sorted { $0.partition < $1.partition }.map(\.stored),
      outputs: gathered.outputs.map(\.stored),
      operators: made.declared.sorted { $0.key < $1.key }.map {
        OperatorStates(id: $0.key, states: $0.value)
      },
      // Parts of another attempt may be of workers that are gone; its first checkpoint is full.
      parts: DeltaPolicy.chain(
        gathered.isFull ? [] : running.latest.parts,
        gathered.parts.sorted { $0.worker < $1.worker }))
    manifest.ended = isFinished ? Set(setup.plan.sources.map(\.spec.name)) : made.ended
    manifest.models = made.models
    running.coordinator.needsFull = DeltaPolicy.needsFull(after: manifest.parts)
    let (number, store) = (attempt, self.store)
    onLane("commit") { [manifest] in
      .manifest(
        attempt: number, manifest,
        Result { try store.write(manifest, as: made.incarnation) }.mapError { RunFailure($0) })
    }
  }

  private func commitTransaction(_ epoch: Epoch, _ running: Running) {
    guard let turns = running.made.turns else { return }
    // Positions for lag tools are published by the sources themselves, which know their cluster.
    let marker = CommitMarker(
      epoch: epoch, lineage: running.made.lineage, digest: observer.latestDigest)
    let number = attempt
    onLane("commit") {
      .transaction(
        attempt: number, epoch,
        Result { try turns.commit(marker) }.mapError { RunFailure.unclearCommit($0) })
    }
  }

  private func commitSinks(_ epoch: Epoch, _ running: Running) {
    let outputs = Dictionary(grouping: running.gathered[epoch]?.outputs ?? [], by: \.sink)
    let made = running.made
    let (number, store) = (attempt, self.store)
    let id = CheckpointID(epoch: epoch, incarnation: made.incarnation.number)
    onLane("commit") {
      .sinks(
        attempt: number, epoch,
        Result {
          // A frozen process that wakes up here must not make anything visible.
          try made.incarnation.verify()
          for (name, pending) in outputs.sorted(by: { $0.key < $1.key }) {
            try made.sinksByName[name]?.commit(pending)
          }
          try store.settle(id, as: made.incarnation)
          for name in outputs.keys { try made.sinksByName[name]?.settle() }
        }.mapError { RunFailure($0) })
    }
  }

  private func counts(_ epoch: Epoch, _ running: Running) {
    let began = running.gathered.removeValue(forKey: epoch)?.injectedAt
    running.committed = running.latest
    lastCommitted = epoch
    policy.committed()
    observer.committed(running.latest, began: began, at: setup.executor.clock.now())
    running.job.committed(epoch)
    let (number, store, made, id) = (attempt, self.store, running.made, running.latest.id)
    let keep = setup.plan.checkpoints.keep
    onLane("retention") {
      .retained(
        attempt: number,
        Result { _ = try store.retain(keep, upTo: id, as: made.incarnation) }.failure)
    }
    publish(running)
  }

  /// Tells tools how far the sources were read. Best effort: a failure is only noted.
  private func publish(_ running: Running) {
    let (made, notify) = (running.made, setup.notify)
    let plan = setup.plan
    let partitions = running.latest.partitions
    setup.executor.lanes.submit(LaneName("publish")) {
      for (id, spec) in plan.sources {
        let own = partitions.filter { $0.partition.source == spec.name }
        let positions = Dictionary(
          own.map { ($0.partition, $0.position) }, uniquingKeysWith: { $1 })
        do throws(ConnectorError) {
          try made.sources[id]?.publish(positions)
        } catch { notify(error.message) }
      }
    }
  }

  private func discover(_ id: OperatorID, _ running: Running) {
    guard let source = running.made.sources[id] else { return }
    let (number, notify) = (attempt, setup.notify)
    onLane("discovery") {
      do throws(ConnectorError) {
        return .discovered(attempt: number, id, try source.partitions(fixEnds: false))
      } catch {
        notify(error.message)
        return .discovered(attempt: number, id, [])
      }
    }
  }

  private func discovered(_ id: OperatorID, _ found: [SourcePartition], _ running: Running) {
    let new = found.filter { running.knownPartitions.insert($0.id).inserted }
    if !new.isEmpty {
      setup.notify("new partitions: \(new.map { "\($0.id)" }.joined(separator: ", "))")
      running.job.add(new)
    }
    if let interval = running.made.sources[id]?.discoveryInterval {
      running.discoveries[id] = setup.executor.clock.now().adding(interval)
    }
  }
}

extension Result where Success == Void, Failure == any Error {
  fileprivate var failure: RunFailure? {
    if case .failure(let error) = self { RunFailure(error) } else { nil }
  }
}
