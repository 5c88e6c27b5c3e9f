import Dataflow
import KeyedState
import Schemas

extension RunMetrics {
  /// Windows that are told of an operator, so that an operator has as many series however many
  /// windows come.
  private static let toldWindows = 5
  /// What waits in operators, and which of their keys is hottest.
  static func waiting(_ job: JobStatus, _ text: inout PrometheusText) {
    let stages = job.stages.compactMap { stage in stage.waiting.map { (stage, $0) } }
    text.metric("raudal_waiting_rows", .gauge, "Rows that wait for others or for their time.")
    for (stage, waiting) in stages {
      guard let rows = waiting.rows else { continue }
      text.sample("raudal_waiting_rows", labels(stage), Double(rows))
    }
    text.metric(
      "raudal_rowless_tasks", .gauge, "Tasks that wait for their row of the table that steers.")
    for (stage, waiting) in stages {
      guard let rowless = waiting.rowless else { continue }
      text.sample("raudal_rowless_tasks", labels(stage), Double(rowless.count))
    }
    text.metric("raudal_kept_keys", .gauge, "Keys that something is kept of.")
    for (stage, waiting) in stages {
      guard let keys = waiting.keys else { continue }
      text.sample("raudal_kept_keys", labels(stage), Double(keys))
    }
    text.metric("raudal_open_sessions", .gauge, "Sessions that have not ended.")
    for (stage, waiting) in stages {
      guard let sessions = waiting.sessions else { continue }
      text.sample("raudal_open_sessions", labels(stage), Double(sessions.count))
    }
    windows(job, &text)
    hottest(job, &text)
  }

  /// Of all workers together, for they have the same windows.
  private static func windows(_ job: JobStatus, _ text: inout PrometheusText) {
    var steps: [(id: OperatorID, windows: [Int64: (start: Int64, rows: Int64)])] = []
    for stage in job.stages {
      guard let windows = stage.waiting?.windows, !windows.isEmpty else { continue }
      let place =
        steps.firstIndex { $0.id == stage.id }
        ?? {
          steps.append((stage.id, [:]))
          return steps.count - 1
        }()
      for window in windows {
        let known = steps[place].windows[window.end]?.rows ?? 0
        steps[place].windows[window.end] = (window.start, known + window.rows)
      }
    }
    text.metric("raudal_open_windows", .gauge, "Windows that have rows and have not closed.")
    for step in steps {
      text.sample(
        "raudal_open_windows", [("operator", step.id.name)], Double(step.windows.count))
    }
    let first = steps.map { step in
      (step.id, step.windows.sorted { $0.key < $1.key }.prefix(toldWindows).enumerated())
    }
    text.metric(
      "raudal_window_rows", .gauge,
      "Rows that came into the first open windows since the run began, by their place in time.")
    for (id, windows) in first {
      for (place, window) in windows {
        text.sample("raudal_window_rows", labels(id, place), Double(window.value.rows))
      }
    }
    text.metric(
      "raudal_window_start_seconds", .gauge, "When those windows begin, in seconds since 1970.")
    for (id, windows) in first {
      for (place, window) in windows {
        text.sample(
          "raudal_window_start_seconds", labels(id, place), Double(window.value.start) / 1e6)
      }
    }
  }

  private static func labels(_ id: OperatorID, _ place: Int) -> [(String, String)] {
    [("operator", id.name), ("window", "\(place + 1)")]
  }

  /// Not the key: it may be a person's, and each would be a series of its own. `raudal why` has it.
  private static func hottest(_ job: JobStatus, _ text: inout PrometheusText) {
    var ids: [OperatorID] = []
    var shares: [OperatorID: HotShares] = [:]
    for stage in job.stages {
      if shares[stage.id] == nil { ids.append(stage.id) }
      shares[stage.id, default: HotShares()].add(stage.hottest, rows: stage.metrics.rowsIn)
    }
    text.metric(
      "raudal_hottest_key_share", .gauge,
      "The part of an operator's rows that its most frequent key has, by a sample.")
    for id in ids {
      guard let hottest = shares[id]?.hottest else { continue }
      text.sample("raudal_hottest_key_share", [("operator", id.name)], hottest.share)
    }
  }
}
