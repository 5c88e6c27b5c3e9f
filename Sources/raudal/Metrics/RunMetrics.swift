import Dataflow
import Engine
import Instruments
import Schemas

/// A run's status as Prometheus text.
enum RunMetrics {
  static func page(of status: PipelineStatus) -> String {
    var text = PrometheusText()
    if let job = status.job {
      stages(job, &text)
      waiting(job, &text)
      calls(job, &text)
      models(job, &text)
      drifts(job, &text)
      sources(job, now: status.now, &text)
      workers(job, &text)
    }
    checkpoints(status, &text)
    return text.page
  }

  private static func stages(_ job: JobStatus, _ text: inout PrometheusText) {
    let counters: [(String, String, KeyPath<OperatorCounts, Int64>)] = [
      ("raudal_rows_in_total", "Rows that came into an operator.", \.rowsIn),
      ("raudal_rows_out_total", "Rows that left an operator.", \.rowsOut),
      ("raudal_rows_filtered_total", "Rows that a filter left out.", \.filtered),
      ("raudal_rows_unmatched_total", "Rows without a match in a table.", \.unmatched),
      ("raudal_rows_late_total", "Rows behind their partition's watermark.", \.late),
      (
        "raudal_rows_late_after_idle_total", "Late rows of a partition that was idle.",
        \.lateAfterIdle
      ),
      (
        "raudal_rows_failed_total", "Rows that could not be decoded, computed or written.",
        \.failed
      ),
      ("raudal_rows_expired_total", "Keys that a fold forgot and told.", \.expired),
      ("raudal_rows_absorbed_total", "Rows that were taken into state.", \.absorbed),
    ]
    for (name, help, path) in counters {
      text.metric(name, .counter, help)
      for stage in job.stages {
        text.sample(name, labels(stage), Double(stage.metrics[keyPath: path]))
      }
    }
    text.metric(
      "raudal_rows_late_greatest_seconds", .gauge, "How far the furthest late row was behind.")
    for stage in job.stages where stage.metrics.late > 0 {
      text.sample(
        "raudal_rows_late_greatest_seconds", labels(stage), Double(stage.metrics.lateness) / 1e6)
    }
    text.metric("raudal_operator_busy_seconds_total", .counter, "Time an operator was at work.")
    for stage in job.stages {
      text.sample(
        "raudal_operator_busy_seconds_total", labels(stage), Double(stage.metrics.busy) / 1e9)
    }
    text.metric(
      "raudal_watermark_seconds", .gauge, "An operator's watermark, in seconds since 1970.")
    for stage in job.stages where stage.watermark != .beginning && stage.watermark != .endOfTime {
      text.sample(
        "raudal_watermark_seconds", labels(stage), Double(stage.watermark.microseconds) / 1e6)
    }
  }

  static func labels(_ stage: JobStatus.Stage) -> [(String, String)] {
    [("operator", stage.id.name), ("worker", "\(stage.worker)")]
  }

  /// Of stages that ask the outside world.
  private static func calls(_ job: JobStatus, _ text: inout PrometheusText) {
    let asking = job.stages.compactMap { stage in stage.metrics.calls.map { (stage, $0) } }
    guard !asking.isEmpty else { return }
    let counters: [(String, String, KeyPath<CallCounts, Int64>)] = [
      ("raudal_calls_total", "Calls to the outside world, repeated ones too.", \.sent),
      ("raudal_calls_failed_total", "Calls that failed or got no answer in time.", \.failed),
      ("raudal_calls_refused_total", "Keys not asked for, as too many calls failed.", \.refused),
      ("raudal_tokens_read_total", "Tokens that models read.", \.tokensRead),
      ("raudal_tokens_written_total", "Tokens that models wrote.", \.tokensWritten),
      ("raudal_cache_hits_total", "Rows whose answer was in the cache.", \.hits),
      ("raudal_cache_misses_total", "Rows whose answer was not in the cache.", \.misses),
    ]
    for (name, help, path) in counters {
      text.metric(name, .counter, help)
      for (stage, calls) in asking {
        text.sample(name, labels(stage), Double(calls[keyPath: path]))
      }
    }
    text.metric("raudal_tokens_cost_total", .counter, "What tokens cost, by `price`.")
    for (stage, calls) in asking where calls.cost > 0 {
      text.sample("raudal_tokens_cost_total", labels(stage), Double(calls.cost) / 1e9)
    }
    text.metric("raudal_calls_under_way", .gauge, "Calls that wait for an answer.")
    for (stage, calls) in asking {
      text.sample("raudal_calls_under_way", labels(stage), Double(calls.underWay))
    }
    text.metric("raudal_task_concurrency", .gauge, "Calls that an adaptive bound lets be.")
    for (stage, calls) in asking {
      guard let bound = calls.bound else { continue }
      text.sample("raudal_task_concurrency", labels(stage), Double(bound))
    }
    text.metric("raudal_breaker_open", .gauge, "1 while no call is made, as too many failed.")
    for (stage, calls) in asking {
      text.sample("raudal_breaker_open", labels(stage), calls.isOpen ? 1 : 0)
    }
    budgets(asking, &text)
    text.metric("raudal_call_seconds", .histogram, "How long answered calls took.")
    for (stage, calls) in asking {
      text.histogram(
        "raudal_call_seconds", labels(stage), bounds: Spans.bounds.map { Double($0) / 1e6 },
        counts: calls.latencies, sum: Double(calls.latency) / 1e6)
    }
    text.metric(
      "raudal_task_wait_seconds", .histogram, "How long tasks that were due waited for a call.")
    for (stage, calls) in asking where calls.waits.contains(where: { $0 > 0 }) {
      text.histogram(
        "raudal_task_wait_seconds", labels(stage), bounds: Spans.bounds.map { Double($0) / 1e6 },
        counts: calls.waits, sum: Double(calls.wait) / 1e6)
    }
  }

  private static func budgets(
    _ asking: [(JobStatus.Stage, CallCounts)], _ text: inout PrometheusText
  ) {
    text.metric(
      "raudal_budget_used_up_until_seconds", .gauge,
      "When there is something again of a budget that was used up.")
    for (stage, calls) in asking {
      guard let time = calls.budgetUntil else { continue }
      text.sample(
        "raudal_budget_used_up_until_seconds", labels(stage), Double(time.microseconds) / 1e6)
    }
  }

  private static func sources(_ job: JobStatus, now: Timestamp, _ text: inout PrometheusText) {
    func labels(_ source: JobStatus.Source) -> [(String, String)] {
      [
        ("source", source.partition.source), ("topic", source.partition.topic),
        ("partition", "\(source.partition.number)"),
      ]
    }
    text.metric("raudal_source_bytes_total", .counter, "Bytes of records read.")
    for source in job.sources {
      text.sample("raudal_source_bytes_total", labels(source), Double(source.bytesRead))
    }
    text.metric("raudal_source_position", .gauge, "The next offset to read.")
    for source in job.sources {
      text.sample("raudal_source_position", labels(source), Double(source.position.offset))
    }
    text.metric("raudal_source_lag_records", .gauge, "Records in the partition not yet read.")
    for source in job.sources {
      guard let lag = source.backlog else { continue }
      text.sample("raudal_source_lag_records", labels(source), Double(lag))
    }
    text.metric("raudal_source_idle", .gauge, "1 while a partition does not hold the watermark.")
    for source in job.sources {
      text.sample("raudal_source_idle", labels(source), source.isIdle ? 1 : 0)
    }
    text.metric(
      "raudal_partition_watermark_seconds", .gauge,
      "A partition's watermark, in seconds since 1970.")
    for source in job.sources
    where source.watermark != .beginning && source.watermark != .endOfTime {
      text.sample(
        "raudal_partition_watermark_seconds", labels(source),
        Double(source.watermark.microseconds) / 1e6)
    }
    text.metric("raudal_watermark_lag_seconds", .gauge, "Wall time less a partition's watermark.")
    for source in job.sources
    where source.watermark != .beginning && source.watermark != .endOfTime {
      let lag = Double(now.microseconds) - Double(source.watermark.microseconds)
      text.sample("raudal_watermark_lag_seconds", labels(source), lag / 1e6)
    }
  }

  private static func workers(_ job: JobStatus, _ text: inout PrometheusText) {
    text.metric("raudal_worker_seconds_total", .counter, "How a worker's time was spent.")
    for (number, worker) in job.workers.enumerated() {
      for (state, nanoseconds) in [
        ("busy", worker.busy), ("idle", worker.idle), ("held_up", worker.heldUp),
      ] {
        text.sample(
          "raudal_worker_seconds_total", [("worker", "\(number)"), ("state", state)],
          Double(nanoseconds) / 1e9)
      }
    }
  }

  private static func checkpoints(_ status: PipelineStatus, _ text: inout PrometheusText) {
    text.metric("raudal_checkpoints_total", .counter, "Checkpoints that counted.")
    text.sample("raudal_checkpoints_total", [], Double(status.checkpoints))
    text.metric("raudal_restarts_total", .counter, "Attempts that failed and were repeated.")
    text.sample("raudal_restarts_total", [], Double(status.restarts))
    if let checkpoint = status.checkpoint {
      text.metric("raudal_checkpoint_id", .gauge, "The newest checkpoint that counts.")
      text.sample("raudal_checkpoint_id", [], Double(checkpoint.epoch.number))
      text.metric("raudal_checkpoint_bytes", .gauge, "Bytes of all parts of that checkpoint.")
      text.sample("raudal_checkpoint_bytes", [], Double(checkpoint.size))
      if let duration = checkpoint.duration {
        text.metric(
          "raudal_checkpoint_duration_seconds", .gauge, "From its barrier to its commit.")
        text.sample("raudal_checkpoint_duration_seconds", [], Double(duration) / 1e6)
      }
    }
    text.metric(
      "raudal_transaction_age_seconds", .gauge,
      "Since the oldest open transaction began; 0 while none is open.")
    text.sample("raudal_transaction_age_seconds", [], Double(status.transactionAge ?? 0) / 1e6)
  }
}
