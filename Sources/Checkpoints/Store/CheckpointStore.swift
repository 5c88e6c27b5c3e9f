package import Platform
package import Schemas
import Synchronization

/// A pipeline's state directory: which checkpoints there are, and how they appear and go.
///
/// All calls block on files and belong on a lane. `files` is rooted at the directory.
package final class CheckpointStore: Sendable {
  package let pipeline: String
  package let files: any FileStore
  /// The incarnation that this process took last.
  private let own = Mutex<Incarnation?>(nil)

  package init(pipeline: String, files: any FileStore) {
    self.pipeline = pipeline
    self.files = files
  }

  /// Keeps other processes of this machine out until this one ends.
  package func lock() throws(CheckpointError) {
    do { try files.lock(StateLayout.lock) } catch {
      guard error.kind == .locked else { throw CheckpointError(error) }
      throw CheckpointError(
        .file(.locked), file: StateLayout.lock,
        "another process runs pipeline `\(pipeline)` on this state directory: stop it first, "
          + "or give this one another directory (--state)")
    }
  }

  /// The next number. A process that has had one takes only the number right behind its own:
  /// another process may have taken over while this one stood still, and must be left alone.
  package func takeIncarnation() throws(CheckpointError) -> Incarnation {
    // It is this process's own from the moment it has a name, whatever fails behind that.
    try Incarnation.take(files, after: own.withLock { $0 }) { taken in
      own.withLock { $0 = taken }
    }
  }

  /// What the incarnations before have written down, ascending. One that was taken and did nothing
  /// has no record.
  package func records() throws(CheckpointError) -> [IncarnationRecord] {
    var records: [IncarnationRecord] = []
    for number in try Incarnation.numbers(files) {
      let path = StateLayout.incarnation(number)
      let bytes = try read(path)
      guard !bytes.isEmpty else { continue }
      records.append(try IncarnationRecord(decoding: bytes, file: path))
    }
    return records
  }

  /// Writes down from where this incarnation goes on. Before that it touches nothing.
  package func begin(
    _ record: IncarnationRecord, as incarnation: Incarnation
  ) throws(CheckpointError) {
    try replace(StateLayout.incarnation(record.number), record.encoded(), as: incarnation)
  }

  /// All manifests by name, ascending by (incarnation, epoch).
  package func manifests() throws(CheckpointError) -> [CheckpointID] {
    try list(StateLayout.checkpoints)
      .compactMap { StateLayout.checkpoint(inName: $0, ending: StateLayout.manifestEnding) }
      .sorted { ($0.incarnation, $0.epoch) < ($1.incarnation, $1.epoch) }
  }

  /// Reads and checks a manifest.
  package func manifest(
    _ id: CheckpointID
  ) throws(CheckpointError) -> (manifest: Manifest, digest: String) {
    let path = StateLayout.manifest(id)
    let bytes = try read(path)
    let manifest = try Manifest(decoding: bytes, file: path)
    guard manifest.id == id else {
      throw CheckpointError(.damaged, file: path, "it holds checkpoint \(manifest.id)")
    }
    guard manifest.pipeline == pipeline else {
      throw CheckpointError(
        .foreign, file: path,
        "it belongs to pipeline `\(manifest.pipeline)`, not `\(pipeline)`: "
          + "use another state directory (--state)")
    }
    guard manifest.keyHash == Manifest.keyHashName else {
      throw CheckpointError(
        .unsupported, file: path,
        "its keys are spread by `\(manifest.keyHash)`, which this program does not know")
    }
    return (manifest, Manifest.digest(of: bytes))
  }

  /// Makes sure that a checkpoint stays which is there: whoever made it may have died between the
  /// move that made it appear and the moment from which that move lasts.
  package func secure(_ id: CheckpointID) throws(CheckpointError) {
    do { try files.synchronize(StateLayout.manifest(id)) } catch { throw CheckpointError(error) }
  }

  /// The largest epoch that any file here carries: later ones are new.
  package func newestEpoch() throws(CheckpointError) -> Epoch? {
    let manifests = try list(StateLayout.checkpoints).compactMap { name in
      let ending =
        name.hasSuffix(StateLayout.temporaryEnding)
        ? StateLayout.manifestEnding + StateLayout.temporaryEnding : StateLayout.manifestEnding
      return StateLayout.checkpoint(inName: name, ending: ending)?.epoch
    }
    let parts = try list(StateLayout.parts).compactMap {
      StateLayout.checkpoint(inName: $0, ending: StateLayout.partEnding)?.epoch
    }
    return (manifests + parts).max()
  }

  /// Makes a checkpoint appear, in one step. All its parts are durable. Returns its digest.
  package func write(
    _ manifest: Manifest, as incarnation: Incarnation
  ) throws(CheckpointError) -> String {
    let bytes = manifest.encoded()
    try replace(StateLayout.manifest(manifest.id), bytes, as: incarnation)
    return Manifest.digest(of: bytes)
  }

  /// Writes down that a checkpoint counts and that all its output is visible: from now on nobody
  /// asks for its transaction's marker or its pending output again.
  package func settle(
    _ id: CheckpointID, as incarnation: Incarnation
  ) throws(CheckpointError) {
    guard !isSettled(id) else { return }
    do { try files.createDirectory(StateLayout.settled) } catch { throw CheckpointError(error) }
    try replace(StateLayout.settled(id), [], as: incarnation)
  }

  /// Writes down that the state of these steps was dropped because the user allowed it.
  package func remember(
    dropped owners: [OperatorID], as incarnation: Incarnation
  ) throws(CheckpointError) {
    for owner in Set(owners).sorted() where !hasDropped(owner) {
      do { try files.createDirectory(StateLayout.dropped) } catch { throw CheckpointError(error) }
      try replace(StateLayout.dropped(owner), [], as: incarnation)
    }
  }

  /// Whether no row had come: the first checkpoint of a lineage says where everything began, and a
  /// start that fixes other ends on it takes its state over.
  package func isBeginning(_ manifest: Manifest) -> Bool {
    guard let origin = manifest.stateFrom, origin != manifest.id else {
      return manifest.predecessor == nil
    }
    guard let first = try? self.manifest(origin).manifest else { return false }
    return first.predecessor == nil
  }

  package func hasDropped(_ owner: OperatorID) -> Bool {
    files.exists(StateLayout.dropped(owner))
  }

  package func isSettled(_ id: CheckpointID) -> Bool { files.exists(StateLayout.settled(id)) }

  func list(_ directory: String) throws(CheckpointError) -> [String] {
    do { return try files.list(directory) } catch { throw CheckpointError(error) }
  }

  func read(_ path: String) throws(CheckpointError) -> [UInt8] {
    do { return try files.read(path) } catch { throw CheckpointError(error) }
  }

  func remove(_ path: String, as incarnation: Incarnation) throws(CheckpointError) {
    try incarnation.verify()
    do { try files.remove(path) } catch {
      if error.kind != .notFound { throw CheckpointError(error) }
    }
  }

  /// Writes a file that appears whole under its name.
  private func replace(
    _ path: String, _ bytes: [UInt8], as incarnation: Incarnation
  ) throws(CheckpointError) {
    let temporary = path + StateLayout.temporaryEnding
    try incarnation.verify()
    do { try files.write(temporary, bytes) } catch { throw CheckpointError(error) }
    try incarnation.verify()
    do { try files.rename(temporary, to: path) } catch { throw CheckpointError(error) }
  }
}
