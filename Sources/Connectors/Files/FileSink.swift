import Formats
package import Platform
import Plans
import Schemas

/// Writes parts into a directory. A part is written under a temporary name and gets its own,
/// `<checkpoint>-<worker>-<number>`, when its checkpoint is committed: whoever lists the directory
/// sees whole parts of committed checkpoints alone. Where rows may come twice it gets its own name
/// as soon as it is whole and durable.
package final class FileSink: Sink {
  struct Settings: Sendable {
    var name: String
    /// Pipelines may share a directory, and give their sinks the same names.
    var pipeline: String
    var place: String
    var compression: Compression
    /// `jsonl`, `csv`, `txt`.
    var suffix: String
    /// Bytes before compression.
    var partSize: Int
    /// Whether parts appear with the checkpoint that holds them.
    var waitsForCommit = true
    /// A record replaces what was written for its key.
    var isUpsert = false
  }

  private let settings: Settings
  private let encoding: EncodingSpec
  private let schema: Schema
  private let files: any FileStore
  private let lanes: any BackgroundLanes
  private let clock: any Clock
  /// Parts that were begun later are those of a newer life.
  private let born: Int64
  private let announcements: MoveAnnouncements
  private let owner: OutputOwner

  init(
    _ settings: Settings, _ encoding: EncodingSpec, schema: Schema, files: any FileStore,
    lanes: any BackgroundLanes, clock: any Clock
  ) {
    self.settings = settings
    self.encoding = encoding
    self.schema = schema
    self.files = files
    self.lanes = lanes
    self.clock = clock
    born = clock.now().microseconds
    announcements = MoveAnnouncements(
      prefix: "\(Self.hiddenName(settings))part-commit-", life: String(born, radix: 36),
      place: settings.place, files: files)
    owner = OutputOwner(
      name: "\(Self.hiddenName(settings))owner", place: settings.place, files: files)
  }

  package func makeWriter(
    worker: Int, wake: any Wake
  ) throws(ConnectorError) -> any SinkWriter {
    let encoder: any RecordEncoder
    do throws(FormatError) {
      encoder = try makeEncoder(encoding, schema: schema)
    } catch {
      throw ConnectorError(.configuration, "\(settings.place): \(error)")
    }
    // Temporary names must differ between the lives of a process; the clock does that.
    let life = String(clock.now().microseconds, radix: 36)
    let parts = PartWriter(
      settings, files: files, worker: worker, heading: encoder.heading,
      temporaryName: "\(temporaryPrefix)\(worker)-\(life)")
    return FileSinkWriter(
      settings, worker: worker, encoder: encoder, parts: parts, lanes: lanes, wake: wake)
  }

  private var temporaryPrefix: String { Self.hiddenName(settings) + "part-" }

  /// What the sink's hidden names begin with; a dot keeps them out of globs.
  private static func hiddenName(_ settings: Settings) -> String {
    let names = [settings.pipeline, settings.name].map(PathName.encoded)
    return ".raudal-\(names[0])-\(names[1])-"
  }

  package func claim(_ claim: OutputClaim) throws(ConnectorError) {
    let refusal = try storing { () throws(FileError) in
      // Where rows may come twice they may do so by another state too.
      try owner.claim(claim, mayRepeat: !settings.waitsForCommit)
    }
    if let refusal { throw refusal }
  }

  package func commit(_ pending: [PendingOutput]) throws(ConnectorError) {
    let moves = try moves(of: pending)
    guard !moves.isEmpty else { return }
    let missing = moves.filter { !files.exists($0.temporary) }
    let lost: Set<PartMove> =
      missing.isEmpty ? [] : try storing { () throws(FileError) in try self.lost(of: missing) }
    let waiting = missing.isEmpty ? moves : moves.filter(Set(moves).subtracting(missing).contains)
    if !waiting.isEmpty, let refusal = try storing({ () throws(FileError) in try owner.record() }) {
      throw refusal
    }
    try storing { () throws(FileError) in
      if !waiting.isEmpty {
        let sound = lost.isEmpty ? moves : moves.filter { !lost.contains($0) }
        try announcements.announce(sound, withdrawingOthers: !lost.isEmpty)
      }
      for move in waiting { try move.perform(files) }
    }
    guard let part = moves.first(where: lost.contains) else { return }
    throw ConnectorError(
      .gap,
      "\(settings.place): the part \(part.temporary) is gone, and so is \(part.final): something"
        + " else removed it")
  }

  package func settle() throws(ConnectorError) {
    try storing { () throws(FileError) in try announcements.withdraw() }
  }

  /// A part that is neither where it waited nor where it goes may have been there: its readers take
  /// parts away. One whose turn to move had not come never was.
  private func lost(of missing: [PartMove]) throws(FileError) -> Set<PartMove> {
    let gone = missing.filter { !files.exists($0.final) }
    return gone.isEmpty ? [] : Set(gone).subtracting(try announcements.begun())
  }

  package func discardUncommitted(keeping kept: [PendingOutput]) throws(ConnectorError) {
    let keptNames = Set(try moves(of: kept).map(\.temporary))
    let names = try storing { () throws(FileError) in try files.list("") }
    for name in names where isOlder(name) && !keptNames.contains(name) {
      if !keptNames.isEmpty, announcements.keep(name) { continue }
      try storing { () throws(FileError) in try files.remove(name) }
    }
  }

  private func moves(of pending: [PendingOutput]) throws(ConnectorError) -> [PartMove] {
    var moves: [PartMove] = []
    for output in pending where output.sink == settings.name {
      moves += try PartMove.decode(output.payload, in: settings.place)
    }
    return moves
  }

  /// Whether a temporary name of this sink was taken before this life. A process that stood still
  /// in here may wake up when another has begun its own parts long ago.
  private func isOlder(_ name: String) -> Bool {
    let prefix = temporaryPrefix
    guard name.hasPrefix(prefix) else { return false }
    let words = name.dropFirst(prefix.count).split(separator: "-")
    guard words.count > 1, let life = Int64(words[1], radix: 36) else { return true }
    return life < born
  }

  private func storing<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(ConnectorError) -> Result {
    do throws(FileError) {
      return try body()
    } catch {
      throw ConnectorError(storing: error, settings.place)
    }
  }
}

extension ConnectorError {
  /// A refusal of the file system to a sink's part.
  init(storing error: FileError, _ place: String) {
    let advice =
      switch error.kind {
      case .denied: "; give this user the right to write there, or correct `path:`"
      case .notDirectory: "; move it away, or correct `path:`"
      case .full: "; free some space"
      default: ""
      }
    self.init(error.kind.isRetriable ? .retriable : .configuration, "\(place): \(error)\(advice)")
  }
}
