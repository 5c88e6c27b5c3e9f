import Dataflow
import Operators
import Plans
import Schemas

/// Holds promise 2 against every checkpoint of every job: no row is lost or doubled between what a
/// source has read and what its sinks were given.
///
/// Of each step rows in and made = rows out + filtered + unmatched + late + failed + expired +
/// taken into state; of each edge as many rows come in as went out, over all workers; of each source the rows
/// in are those between where it began and where it stands.
package final class SumsWatch: @unchecked Sendable {
  package private(set) var wrong: [String] = []
  /// Checkpoints that were looked at whole.
  package private(set) var looks = 0
  /// Partitions that appeared in a job that had begun without them.
  package private(set) var discovered = 0
  /// The setup of a job, with its events passing by here.
  func watching(_ setup: JobSetup) -> JobSetup {
    var watched = setup
    let job = JobSums(setup)
    watched.events = { [self] event in
      if let lines = job.take(event) {
        looks += 1
        wrong += lines
        discovered += job.newPartitions
      }
      setup.events(event)
    }
    return watched
  }
}

/// The sums of one job, by epoch.
private final class JobSums: @unchecked Sendable {
  private struct Look {
    var counts: [OperatorID: [OperatorCounts]] = [:]
    var partitions: [PartitionState] = []
    var sources = 0
  }

  private let plan: PhysicalPlan
  private let workers: Int
  private var beginnings: [PartitionID: Int64]
  private var looks: [Epoch: Look] = [:]
  /// At the last look.
  private(set) var newPartitions = 0

  init(_ setup: JobSetup) {
    plan = setup.plan
    workers = setup.configuration.workers
    beginnings = [:]
    for state in setup.restored.partitions { beginnings[state.partition] = state.position.offset }
  }

  /// What is wrong with an epoch, once all of it is known.
  func take(_ event: JobEvent) -> [String]? {
    let epoch: Epoch
    switch event {
    case .counted(let counted, _, let stages):
      epoch = counted
      for stage in stages {
        looks[epoch, default: Look()].counts[stage.id, default: []].append(stage.metrics)
      }
    case .sources(let delivered, _, let partitions):
      epoch = delivered
      looks[epoch, default: Look()].partitions += partitions
      looks[epoch]?.sources += 1
    default: return nil
    }
    guard let look = looks[epoch], look.sources == workers,
      plan.operators.allSatisfy({ look.counts[$0.id]?.count == workers })
    else { return nil }
    looks[epoch] = nil
    return check(look).map { "at checkpoint \(epoch): \($0)" }
  }

  private func check(_ look: Look) -> [String] {
    var wrong: [String] = []
    func sum(_ id: OperatorID, _ count: (OperatorCounts) -> Int64) -> Int64 {
      look.counts[id]?.reduce(0) { $0 + count($1) } ?? 0
    }
    for step in plan.operators {
      for counts in look.counts[step.id] ?? [] where counts.rowsIn + counts.made != counts.gone {
        wrong.append("\(step.id) took \(counts.rowsIn) and made \(counts.made): \(counts)")
      }
      let given: Int64
      if case .source = step.kind {
        given = look.partitions.reduce(0) {
          $0 + $1.position.offset - (beginnings[$1.partition] ?? 0)
        }
      } else {
        given = step.inputs.reduce(0) { total, edge in
          let from = plan.operators[edge.from]
          return total + sum(from.id) { $0.through(edge.output, route: from.errorRoute) }
        }
      }
      let taken = sum(step.id, \.rowsIn)
      if given != taken { wrong.append("\(step.id) was given \(given) rows and took \(taken)") }
    }
    let new = look.partitions.filter { beginnings[$0.partition] == nil }
    newPartitions = new.count
    for state in new { beginnings[state.partition] = 0 }
    return wrong
  }
}

extension OperatorCounts {
  /// Rows whose way ended here or went on.
  fileprivate var gone: Int64 {
    rowsOut + filtered + unmatched + late + failed + expired + absorbed
  }

  fileprivate func through(_ output: NodeOutput, route: PhysicalErrorRoute) -> Int64 {
    switch output {
    case .main: rowsOut
    case .late: late
    case .unmatched: unmatched
    case .capped: filtered
    case .expired: expired
    case .errors: route == .output ? failed : 0
    case .failed: 0
    }
  }
}
