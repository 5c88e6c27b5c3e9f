import Schemas

/// What a pipeline's sinks hold in the end, computed from all rows at once: the naive model of the
/// simulated plans.
package struct OutputModel {
  private let plan: SimulatedPlan
  private let rows: [SimulatedRow]
  /// Rows may be late, because their partition appeared late.
  private let allowsLate: Bool
  /// What the simulated operators told the world.
  private let told: [Int64: Int64]
  /// What comes out where nothing fails; only of a definition's stage.
  let calm: [String]

  package init(_ pipeline: SimulatedPipeline) {
    plan = pipeline.plan
    rows = pipeline.rows.flatMap { $0 }
    allowsLate = pipeline.discovery != nil
    told = pipeline.outside.told
    if case .stage = plan { calm = pipeline.calmOutput() } else { calm = [] }
  }

  private var taken: [SimulatedRow] { rows.filter { $0.fate == .taken } }

  /// What is wrong with all of a pipeline's committed output.
  package static func wrong(_ pipeline: SimulatedPipeline) -> [String] {
    wrong(pipeline, pipeline.output)
  }

  /// The same where what a sink wrote went to several places: `output` has all of it, by sink.
  package static func wrong(
    _ pipeline: SimulatedPipeline, _ output: (String) -> [String]
  ) -> [String] {
    OutputModel(pipeline).wrong(pipeline.commit.outputs, output)
  }

  func wrong(_ outputs: [String], _ output: (String) -> [String]) -> [String] {
    let late = output("late")
    var wrong = sides(late: late, unmatched: output("unmatched"), errors: output("errors"))
    for name in outputs {
      wrong += result(output(name), late: late).map { "\(name): \($0)" }
    }
    return wrong
  }

  private func result(_ output: [String], late: [String]) -> [String] {
    switch plan {
    case .counts, .folds: everyRecordCountsOnce(output, late)
    case .windows, .throttled: everyWindowCountsOnce(output, late, slide: SimulatedPlan.windowSize)
    case .hopping: everyWindowCountsOnce(output, late, slide: SimulatedPlan.windowSlide)
    case .sessions: everySessionCountsOnce(output, late)
    case .joins: everyPairComesOnce(output, late, withUnmatched: false)
    case .outerJoins: everyPairComesOnce(output, late, withUnmatched: true)
    case .lookups: everyRowFindsTheNewest(output, late)
    case .latest: everyRowFindsOneOfItsKey(output)
    case .answers: everyRowIsAnswered(output)
    case .rows: everyRowComesOnce(output)
    case .stage: differences("rows", output, calm)
    }
  }

  /// Of every key the counts from one to the number of its records less the late ones, each once,
  /// in order.
  private func everyRecordCountsOnce(_ output: [String], _ late: [String]) -> [String] {
    let lateIDs = Set(late.compactMap(Self.id))
    var expected: [String: Int] = [:]
    for row in taken where !lateIDs.contains(row.id) { expected[row.key, default: 0] += 1 }
    var seen: [String: Int] = [:]
    var wrong: [String] = []
    for line in output {
      let parts = line.split(separator: ":")
      guard parts.count == 2, let count = Int(parts[1]) else {
        wrong.append("output `\(line)` is no count")
        continue
      }
      let key = String(parts[0])
      let before = seen[key] ?? 0
      if count != before + 1 { wrong.append("\(key): \(count) follows \(before)") }
      seen[key] = count
    }
    for (key, count) in expected.sorted(by: { $0.key < $1.key }) where seen[key] != count {
      wrong.append("\(key): \(seen[key] ?? 0) of \(count) were counted")
    }
    for key in seen.keys.sorted() where expected[key] == nil {
      wrong.append("\(key) was never read")
    }
    return wrong
  }

  /// One row for each key and window that holds records, with their number, less the late ones;
  /// of a key, windows in order, where nothing stands between.
  private func everyWindowCountsOnce(
    _ output: [String], _ late: [String], slide: Int64
  ) -> [String] {
    let lateIDs = Set(late.compactMap(Self.id))
    var expected: [String: Int] = [:]
    for row in taken where !lateIDs.contains(row.id) {
      for window in Self.windows(of: row.time ?? 0, slide: slide) {
        expected["\(row.key):\(window)", default: 0] += 1
      }
    }
    let wrong = differences("windows", output, expected.map { "\($0.key):\($0.value)" })
    return plan == .windows ? wrong + windowsOutOfOrder(output) : wrong
  }

  /// One row for each session of a key, with the number of its rows, less the late ones; of a key in
  /// order.
  private func everySessionCountsOnce(_ output: [String], _ late: [String]) -> [String] {
    let lateIDs = Set(late.compactMap(Self.id))
    let onTime = taken.filter { !lateIDs.contains($0.id) }
    var expected: [String] = []
    for (key, rows) in Dictionary(grouping: onTime, by: \.key) {
      var (start, end, count) = (Int64.min, Int64.min, 0)
      for time in rows.map({ $0.time ?? 0 }).sorted() {
        if time >= end {
          if count > 0 { expected.append("\(key):\(start):\(end):\(count)") }
          (start, count) = (time, 0)
        }
        count += 1
        end = min(time + SimulatedPlan.sessionGap, start + SimulatedPlan.sessionLimit)
      }
      expected.append("\(key):\(start):\(end):\(count)")
    }
    return differences("sessions", output, expected) + windowsOutOfOrder(output)
  }

  /// Of the rows that are not late, each with those of its key that have even numbers and are near.
  private func everyPairComesOnce(
    _ output: [String], _ late: [String], withUnmatched: Bool
  ) -> [String] {
    let lateIDs = Set(late.compactMap(Self.id))
    let onTime = taken.filter { !lateIDs.contains($0.id) }
    var expected: [String] = []
    for (key, rows) in Dictionary(grouping: onTime, by: \.key) {
      let others = rows.filter { $0.id % 2 == 0 }
      for row in rows {
        let time = row.time ?? 0
        let near = time - SimulatedPlan.joinBefore...time + SimulatedPlan.joinAfter
        let met = others.filter { near.contains($0.time ?? 0) }.map { "\($0.id)" }
        expected += (met.isEmpty && withUnmatched ? ["null"] : met).map { "\(key):\(row.id):\($0)" }
      }
    }
    return differences("pairs", output, expected)
  }

  /// Every row that is not late, with the newest of its key that has an even number. Which of those
  /// of one time that is, and since when late ones count, is not said.
  private func everyRowFindsTheNewest(_ output: [String], _ late: [String]) -> [String] {
    let lateIDs = Set(late.compactMap(Self.id))
    let onTime = taken.filter { !lateIDs.contains($0.id) }
    // Each once, and nothing else.
    let rows = output.map { $0.split(separator: ":").dropLast().joined(separator: ":") }
    let once = differences("look-ups", rows, onTime.map { "\($0.key):\($0.id)" })
    if !once.isEmpty { return once }
    var allowed: Set<String> = []
    for (key, rows) in Dictionary(grouping: taken, by: \.key) {
      let versions = rows.filter { $0.id % 2 == 0 }
      let areAllOnTime = !versions.contains { lateIDs.contains($0.id) }
      for row in rows where !lateIDs.contains(row.id) {
        let before = versions.filter { ($0.time ?? 0) <= (row.time ?? 0) }
        let newest = before.map { $0.time ?? 0 }.max()
        let all = areAllOnTime ? before.filter { $0.time == newest } : versions
        allowed.formUnion(all.map { "\(key):\(row.id):\($0.id)" })
        if newest == nil || !areAllOnTime { allowed.insert("\(key):\(row.id):null") }
      }
    }
    let wrong = output.filter { !allowed.contains($0) }.sorted().prefix(3)
    return wrong.isEmpty ? [] : ["look-ups: \(wrong)"]
  }

  private func differences(_ what: String, _ output: [String], _ expected: [String]) -> [String] {
    guard output.sorted() != expected.sorted() else { return [] }
    let lost = Set(expected).subtracting(output).sorted().prefix(2)
    let extra = Set(output).subtracting(expected).sorted().prefix(2)
    return ["\(what): \(output.count) of \(expected.count), lost \(lost), extra \(extra)"]
  }

  private func windowsOutOfOrder(_ output: [String]) -> [String] {
    var wrong: [String] = []
    var last: [Substring: Int] = [:]
    for line in output {
      let parts = line.split(separator: ":")
      guard parts.count == 4, let start = Int(parts[1]) else { continue }
      if let before = last[parts[0]], before >= start {
        wrong.append("\(parts[0]): window \(start) follows \(before)")
      }
      last[parts[0]] = start
    }
    return wrong
  }

  /// `start:end` of the windows that hold a time.
  private static func windows(of time: Int64, slide: Int64) -> [String] {
    let size = SimulatedPlan.windowSize
    let last = time / slide * slide
    return stride(from: last, to: time - size, by: -Int(slide)).map { "\($0):\($0 + size)" }
  }

  /// Every row once, with the answer that the world was told.
  private func everyRowIsAnswered(_ output: [String]) -> [String] {
    let lines = taken.map { "\($0.key):\($0.id):\(told[$0.id].map { "\($0)" } ?? "?")" }
    return differences("answers", output, lines)
  }

  /// Every row once, with a row of its key that has an even number, or none.
  private func everyRowFindsOneOfItsKey(_ output: [String]) -> [String] {
    let rows = output.map { $0.split(separator: ":").dropLast().joined(separator: ":") }
    let once = differences("look-ups", rows, taken.map { "\($0.key):\($0.id)" })
    let known = Set(taken.filter { $0.id % 2 == 0 }.map { "\($0.key):\($0.id)" })
    return once
      + output.filter { line in
        let parts = line.split(separator: ":")
        return parts.count != 3 || parts[2] != "null" && !known.contains("\(parts[0]):\(parts[2])")
      }.map { "`\($0)` is of another key" }
  }

  private func everyRowComesOnce(_ output: [String]) -> [String] {
    var left: [String: Int] = [:]
    for row in taken { left["\(row.key):\(row.time ?? 0):\(row.id):\(row.value)", default: 0] += 1 }
    for line in output { left[line, default: 0] -= 1 }
    return left.filter { $0.value != 0 }.sorted { $0.key < $1.key }
      .map { "`\($0.key)` \($0.value > 0 ? "is missing" : "is doubled"), \(abs($0.value)) times" }
  }

  /// What left the main way left it once, and nothing else did.
  private func sides(late: [String], unmatched: [String], errors: [String]) -> [String] {
    var wrong: [String] = []
    let ids = Dictionary(grouping: rows, by: \.fate).mapValues { $0.map(\.id).sorted() }
    func compare(_ name: String, _ found: [Int64], _ expected: [Int64]) {
      guard found.sorted() != expected else { return }
      let lost = Set(expected).subtracting(found).count
      let extra = Set(found).subtracting(expected).count
      wrong.append("\(name): \(found.count) of \(expected.count), \(lost) lost, \(extra) extra")
    }
    compare("unmatched", unmatched.compactMap(Self.id), ids[.unmatched] ?? [])
    compare("errors", errors.compactMap(Self.failedID), ids[.error] ?? [])
    let lateIDs = late.compactMap(Self.id)
    if allowsLate {
      let all = Set(taken.map(\.id))
      compare("late", lateIDs, Set(lateIDs).intersection(all).sorted())
    } else {
      compare("late", lateIDs, [])
    }
    return wrong
  }

  /// Of a row of the source or the projection.
  private static func id(_ line: String) -> Int64? {
    let parts = line.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count > 2 ? Int64(parts[2]) : nil
  }

  /// Of a row in an error's text.
  private static func failedID(_ line: String) -> Int64? {
    guard let found = line.firstRange(of: "\"id\":") else { return nil }
    return Int64(line[found.upperBound...].prefix { $0.isNumber })
  }
}
