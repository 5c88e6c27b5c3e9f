import Platform
import Synchronization

/// What a file sink writes down beside its parts before they get their names, so that a start can
/// tell a part that was there and was taken away from one that is lost.
///
/// Parts are moved in the order of the announcement, each durably: what is missing in front of the
/// first that still waits was moved. The announcement lies where the parts wait and is hidden as
/// they are, so that whoever clears these away clears it away too, and the loss shows.
final class MoveAnnouncements: Sendable {
  private let prefix: String
  private let own: String
  private let place: String
  private let files: any FileStore
  /// Those that are there for what is not yet settled.
  private let names = Mutex<Set<String>>([])

  /// `life` is in the name of what this process announces.
  init(prefix: String, life: String, place: String, files: any FileStore) {
    self.prefix = prefix
    own = prefix + life
    self.place = place
    self.files = files
  }

  /// Makes it durable that these parts will be moved, unless an earlier life did. With
  /// `withdrawingOthers` nothing else is announced any more.
  func announce(_ moves: [PartMove], withdrawingOthers: Bool) throws(FileError) {
    if !withdrawingOthers, try moves.allSatisfy(Set(announced()).contains) { return }
    names.withLock { _ = $0.insert(own) }
    try files.write(own, Array(PartMove.encode(moves).utf8) + [0x0A])
    if withdrawingOthers { try withdraw(except: own) }
  }

  /// An announcement that an earlier life left; false if the name is of something else.
  func keep(_ name: String) -> Bool {
    guard name.hasPrefix(prefix) else { return false }
    names.withLock { _ = $0.insert(name) }
    return true
  }

  /// What was announced and does not wait any more, nor does anything announced before it.
  func begun() throws(FileError) -> Set<PartMove> {
    let moves = try announced()
    return Set(moves.prefix { !files.exists($0.temporary) })
  }

  /// Removes what was announced: nobody asks for it again.
  func withdraw(except kept: String? = nil) throws(FileError) {
    for name in names.withLock({ $0 }) where name != kept {
      if files.exists(name) { try files.remove(name) }
      names.withLock { _ = $0.remove(name) }
    }
  }

  private func announced() throws(FileError) -> [PartMove] {
    var moves: [PartMove] = []
    for name in names.withLock({ $0 }).sorted() where files.exists(name) {
      let text = String(decoding: try files.read(name), as: UTF8.self)
      // The last line of one that was being written when the process died may be cut.
      guard let end = text.lastIndex(of: "\n") else { continue }
      moves += (try? PartMove.decode(String(text[..<end]), in: place)) ?? []
    }
    return moves
  }
}
