import KeyedState
package import Schemas

/// Tells of tasks that wait for a row of the table that steers them: it may never come, and nothing
/// else says why none of them is called.
package struct RowlessNotices {
  /// A row that was written together with its tasks is there within moments.
  private static let patience: Int64 = 10_000_000
  /// Of a key's text so many characters are told.
  private static let keyLength = 120

  private struct Standing {
    var since: Timestamp
    var isTold = false
  }

  private var standing: [OperatorID: Standing] = [:]

  package init() {}

  /// A line for each stage of which there have been such tasks for long; again when there were none
  /// in between.
  package mutating func lines(of job: JobStatus, at now: Timestamp) -> [String] {
    var lines: [String] = []
    for (id, tasks) in Self.rowless(job) {
      guard tasks.count > 0 else {
        standing[id] = nil
        continue
      }
      var known = standing[id] ?? Standing(since: now)
      if !known.isTold, now.microseconds - known.since.microseconds >= Self.patience {
        known.isTold = true
        lines.append(Self.text(id, tasks))
      }
      standing[id] = known
    }
    return lines
  }

  /// Of all workers together, in the order of the stages.
  private static func rowless(_ job: JobStatus) -> [(id: OperatorID, tasks: Waiting.Rowless)] {
    var all: [(id: OperatorID, tasks: Waiting.Rowless)] = []
    for stage in job.stages {
      guard let own = stage.waiting?.rowless else { continue }
      if let place = all.firstIndex(where: { $0.id == stage.id }) {
        all[place].tasks.count += own.count
        all[place].tasks.key = all[place].tasks.key ?? own.key
      } else {
        all.append((stage.id, own))
      }
    }
    return all
  }

  private static func text(_ id: OperatorID, _ tasks: Waiting.Rowless) -> String {
    let key = tasks.key.map { ", as of `\($0.prefix(keyLength))`" } ?? ""
    let counted = tasks.count == 1 ? "1 task waits" : "\(tasks.count) tasks wait"
    return "`\(id.name)`: \(counted) for a row of table `\(tasks.table)`, which has none of"
      + " them\(key); until it comes none is called"
  }
}
