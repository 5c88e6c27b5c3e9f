/// How a model's outputs were spread once, over the rows that it was judged by: what they are held
/// against later.
///
/// In CSV, `output,up_to,rows`: of each output, with bounds that rise, how many rows are above the
/// bound before and not above this one; without a bound, last, how many are above all.
package struct ModelBaseline: Hashable, Sendable {
  package struct Spread: Hashable, Sendable {
    package var output: String
    /// The upper bounds of all classes but the last.
    package var bounds: [Double]
    package var rows: [Double]
  }

  package struct Mistake: Error, Hashable {
    package var line: Int
    package var reason: String
  }

  private static let heading = "output,up_to,rows"
  /// Classes of an output at most.
  private static let classLimit = 1_000

  package private(set) var spreads: [Spread] = []

  package init(csv text: String) throws(Mistake) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard let first = lines.first, Self.trimmed(first) == Self.heading else {
      throw Mistake(line: 1, reason: "the first line is not `\(Self.heading)`")
    }
    for (place, line) in lines.enumerated().dropFirst() where !Self.trimmed(line).isEmpty {
      do throws(Reason) {
        try take(Self.trimmed(line))
      } catch {
        throw Mistake(line: place + 1, reason: error.text)
      }
    }
    for spread in spreads where spread.rows.count != spread.bounds.count + 1 {
      throw Mistake(
        line: lines.count, reason: "`\(spread.output)` has no last line, whose bound is empty")
    }
    for spread in spreads where !(spread.rows.reduce(0, +) > 0) {
      throw Mistake(line: lines.count, reason: "`\(spread.output)` has no rows")
    }
    guard !spreads.isEmpty else { throw Mistake(line: lines.count, reason: "it names no output") }
  }

  private struct Reason: Error { var text: String }

  private mutating func take(_ line: String) throws(Reason) {
    let parts = line.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
    guard parts.count == 3 else { throw Reason(text: "there are \(parts.count) values, not 3") }
    guard let rows = Double(parts[2]), rows >= 0, rows < 1e15 else {
      throw Reason(text: "`\(parts[2])` is no number of rows")
    }
    let place = spreads.firstIndex { $0.output == parts[0] } ?? spreads.count
    if place == spreads.count { spreads.append(Spread(output: parts[0], bounds: [], rows: [])) }
    guard spreads[place].rows.count == spreads[place].bounds.count else {
      throw Reason(text: "`\(parts[0])` goes on behind its last line, whose bound is empty")
    }
    spreads[place].rows.append(rows)
    guard !parts[1].isEmpty else { return }
    let last = spreads[place].bounds.last ?? -.infinity
    guard let bound = Double(parts[1]), bound.isFinite, bound > last
    else { throw Reason(text: "`\(parts[1])` is not above the bound before it") }
    spreads[place].bounds.append(bound)
    guard spreads[place].bounds.count < Self.classLimit else {
      throw Reason(text: "`\(parts[0])` has more than \(Self.classLimit) classes")
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
