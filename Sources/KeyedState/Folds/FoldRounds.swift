import Columns

/// The rows of a batch in rounds, each of which has a key at most once: the first row of each key,
/// the second of each and so on.
package final class FoldRounds {
  /// Some rows and the numbers of their keys.
  struct Part {
    let keys: UnsafePointer<UInt32>
    let rows: UnsafePointer<UInt32>
    let count: Int
  }

  /// Row numbers by round, ascending in each, and their keys.
  private let rows: Selection
  private let keys: Selection
  /// Where each round ends.
  private let ends: [Int]
  /// The numbers from 0 on.
  private let places: Selection
  private let soundKeys: Selection
  private let soundPlaces: Selection

  /// `numbers`: of the rows' keys. `turns` has a zero for each key, before and after. O(rows).
  init(_ numbers: UnsafePointer<UInt32>, count: Int, turns: UnsafeMutablePointer<UInt32>) {
    rows = Selection(capacity: max(count, 1))
    keys = Selection(capacity: max(count, 1))
    places = Selection(capacity: max(count, 1))
    soundKeys = Selection(capacity: max(count, 1))
    soundPlaces = Selection(capacity: max(count, 1))
    (rows.count, keys.count) = (count, count)
    var sizes: [Int] = []
    for row in 0..<count {
      let turn = turns[Int(numbers[row])]
      turns[Int(numbers[row])] = turn &+ 1
      places.rows[row] = turn
      if Int(turn) == sizes.count { sizes.append(0) }
      sizes[Int(turn)] &+= 1
    }
    var next: [Int] = []
    var end = 0
    for size in sizes {
      next.append(end)
      end += size
    }
    for row in 0..<count {
      let turn = Int(places.rows[row])
      rows.rows[next[turn]] = UInt32(truncatingIfNeeded: row)
      keys.rows[next[turn]] = numbers[row]
      next[turn] &+= 1
      turns[Int(numbers[row])] = 0
    }
    for row in 0..<count { places.rows[row] = UInt32(truncatingIfNeeded: row) }
    ends = next
  }

  package var count: Int { ends.count }

  private func range(_ round: Int) -> Range<Int> {
    (round == 0 ? 0 : ends[round - 1])..<ends[round]
  }

  /// The rows of a round, by their numbers in the batch.
  package func rowNumbers(_ round: Int) -> [UInt32] { range(round).map { rows.rows[$0] } }

  /// Where in the rounds, one after the other, each row of the batch is.
  package var placesOfRows: [UInt32] {
    var result = Array(repeating: UInt32(0), count: rows.count)
    for place in 0..<rows.count {
      result[Int(rows.rows[place])] = UInt32(truncatingIfNeeded: place)
    }
    return result
  }

  func part(_ round: Int) -> Part {
    let range = range(round)
    return Part(
      keys: UnsafePointer(keys.rows + range.lowerBound),
      rows: UnsafePointer(rows.rows + range.lowerBound), count: range.count)
  }

  /// A round without some of its rows; instead of row numbers it has places in the round. Valid
  /// until the next call.
  func sound(_ round: Int, without failed: [Int]) -> Part {
    let all = part(round)
    guard !failed.isEmpty else {
      return Part(keys: all.keys, rows: UnsafePointer(places.rows), count: all.count)
    }
    var (count, next) = (0, failed.startIndex)
    for place in 0..<all.count {
      if next < failed.endIndex, failed[next] == place {
        next += 1
        continue
      }
      soundKeys.rows[count] = all.keys[place]
      soundPlaces.rows[count] = UInt32(truncatingIfNeeded: place)
      count += 1
    }
    return Part(
      keys: UnsafePointer(soundKeys.rows), rows: UnsafePointer(soundPlaces.rows), count: count)
  }
}
