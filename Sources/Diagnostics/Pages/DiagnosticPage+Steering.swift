extension DiagnosticPage {
  /// Of tables that steer tasks, and of the hours that tasks keep.
  static let steering: [DiagnosticPage] = [
    DiagnosticPage(
      "E0570", "tasks steered by a table that does not keep the latest row of a key",
      advice: "a table of one key, a `string` or an `int`, from kafka, from a stream, or one that "
        + "is read whole; not `versioned`, without `expire after`, and none that is asked",
      wrong: ##"""
        type Job { job: string, state: string, at: timestamp }
        source changes: Job from memory { event_time: at }
        table jobs: Job versioned key job from stream changes
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r steered by jobs on name
        sink s to print
        """##,
      right: ##"""
        type Job { job: string, state: string, at: timestamp }
        source changes: Job from memory { event_time: at }
        table jobs: Job key job from stream changes
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r steered by jobs on name
        sink s to print
        """##),
    DiagnosticPage(
      "E0571", "a table that steers tasks without a column `state` that is a string",
      advice: "add `state: string`, whose values are `running`, `paused` and `cancelled`",
      wrong: ##"""
        type Job { job: string, is_paused: bool }
        source changes: Job from memory
        table jobs: Job key job from stream changes
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r steered by jobs on name
        sink s to print
        """##,
      right: ##"""
        type Job { job: string, state: string }
        source changes: Job from memory
        table jobs: Job key job from stream changes
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r steered by jobs on name
        sink s to print
        """##),
    DiagnosticPage(
      "E0572", "a table that steers tasks with a column `rate` that is no float",
      advice: "`rate: float?`, calls in a second, or another name",
      wrong: ##"""
        type Job { job: string, state: string, rate: string? }
        source changes: Job from memory
        table jobs: Job key job from stream changes
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r steered by jobs on name
        sink s to print
        """##,
      right: ##"""
        type Job { job: string, state: string, rate: float? }
        source changes: Job from memory
        table jobs: Job key job from stream changes
        task send using http { url: "https://x.example/", idempotency_key: id }
        stream s = e | execute send as r steered by jobs on name
        sink s to print
        """##),
    DiagnosticPage(
      "E0573", "hours of a task that end when they begin",
      advice: "two times that differ; without `hours` calls are made around the clock",
      wrong: ##"""
        task send using http {
          url: "https://x.example/", idempotency_key: id
          hours: "09:00" until "09:00" zone "Europe/Madrid"
        }
        """##,
      right: ##"""
        task send using http {
          url: "https://x.example/", idempotency_key: id
          hours: "09:00" until "21:00" zone "Europe/Madrid"
        }
        """##),
  ]
}
