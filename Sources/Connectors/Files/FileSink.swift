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
  }

  private let settings: Settings
  private let encoding: EncodingSpec
  private let schema: Schema
  private let files: any FileStore
  private let lanes: any BackgroundLanes
  private let clock: any Clock
  /// Parts that were begun later are those of a newer life.
  private let born: Int64

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

  /// What the sink's temporary names begin with; a dot keeps them out of globs.
  private var temporaryPrefix: String {
    let names = [settings.pipeline, settings.name].map(PathName.encoded)
    return ".raudal-\(names[0])-\(names[1])-part-"
  }

  package func commit(_ pending: [PendingOutput]) throws(ConnectorError) {
    var gone: ConnectorError?
    for output in pending where output.sink == settings.name {
      for move in try PartMove.decode(output.payload, in: settings.place) {
        if files.exists(move.temporary) {
          try storing { () throws(FileError) in try move.perform(files) }
        } else if !files.exists(move.final) {
          gone =
            gone
            ?? ConnectorError(
              .gap,
              "\(settings.place): the part \(move.temporary) of checkpoint \(output.epoch) is gone,"
                + " and so is \(move.final): something else removed it")
        }
      }
    }
    if let gone { throw gone }
  }

  package func discardUncommitted(keeping kept: [PendingOutput]) throws(ConnectorError) {
    var keptNames: Set<String> = []
    for output in kept where output.sink == settings.name {
      for move in try PartMove.decode(output.payload, in: settings.place) {
        keptNames.insert(move.temporary)
      }
    }
    let names = try storing { () throws(FileError) in try files.list("") }
    for name in names where isOlder(name) && !keptNames.contains(name) {
      try storing { () throws(FileError) in try files.remove(name) }
    }
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
