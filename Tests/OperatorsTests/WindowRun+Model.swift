import Plans
import TestKit

extension WindowRun.Shape {
  typealias Bounds = (start: Int64, end: Int64)

  /// The results of all windows that pass, by key and bounds, each computed from scratch.
  func results(
    of rows: [ModelRow], where isTaken: (Bounds) -> Bool = { _ in true }
  ) -> [String: [Cell]] {
    var groups: [String: [ModelRow]] = [:]
    for row in rows {
      for window in windows(of: row.time) where takes(row, window) && isTaken(window) {
        let name = "\(WindowModel.cell(row, "key")) \(window.start) \(window.end)"
        groups[name, default: []].append(row)
      }
    }
    return groups.mapValues { rows in
      let taken = filtered ? rows.filter { $0.pass == true } : rows
      let values = aggregates.map { WindowModel.value($0, taken) }
      return sumsThirds ? values + [Thirds.total(taken)] : values
    }
  }

  /// Whether a row comes too late for all of its windows.
  func isLate(_ row: ModelRow) -> Bool {
    let all = windows(of: row.time)
    return !all.isEmpty && all.allSatisfy { !takes(row, $0) }
  }

  private func takes(_ row: ModelRow, _ window: Bounds) -> Bool {
    window.end + (allowLate ?? 0) > row.watermark
  }

  /// All windows that hold a time, by trying each.
  func windows(of time: Int64) -> [Bounds] {
    let (size, slide, step): (Int64, Int64, Int64) =
      switch kind {
      case .hopping(let size, let slide): (size, slide, size)
      case .cumulative(let size, let step): (size, size, step)
      default: (kind.length ?? 1, kind.length ?? 1, kind.length ?? 1)
      }
    let starts = ((time - size)...time).filter { start in
      let distance = start - offset
      return start > time - size && (distance % slide + slide) % slide == 0
    }
    return starts.flatMap { start in
      stride(from: start + step, through: start + size, by: Int64.Stride(step)).filter {
        $0 > time
      }.map { (start, $0) }
    }
  }
}
