import Platform

/// A part's way from its temporary to its final name.
struct PartMove: Hashable, Sendable {
  var temporary: String
  var final: String

  /// To its own name, or to the next that is free: another pipeline may take one at any time.
  func perform(_ files: any FileStore) throws(FileError) {
    while true {
      do throws(FileError) {
        return try files.move(temporary, to: Self.free(final, files))
      } catch {
        guard error.kind == .exists else { throw error }
      }
    }
  }

  /// The name, or where it is taken (checkpoints are counted anew after `--fresh`, or two sinks
  /// share a directory) the next that is free: a committed part is never replaced.
  private static func free(_ name: String, _ files: any FileStore) -> String {
    guard files.exists(name) else { return name }
    var number = 2
    while files.exists("\(number)x-\(name)") { number += 1 }
    return "\(number)x-\(name)"
  }

  /// A line each: `temporary final`. The engine makes both, and the last never has a space.
  static func encode(_ moves: [PartMove]) -> String {
    moves.map { "\($0.temporary) \($0.final)" }.joined(separator: "\n")
  }

  static func decode(_ payload: String, in place: String) throws(ConnectorError) -> [PartMove] {
    var moves: [PartMove] = []
    for line in payload.split(separator: "\n") {
      // Earlier versions did not encode names, which may have spaces.
      guard let space = line.lastIndex(of: " "), space != line.startIndex,
        line.index(after: space) != line.endIndex
      else {
        throw ConnectorError(
          .fatal, "\(place): the checkpoint's list of parts is damaged: `\(line)`")
      }
      moves.append(
        PartMove(
          temporary: String(line[..<space]), final: String(line[line.index(after: space)...])))
    }
    return moves
  }
}
