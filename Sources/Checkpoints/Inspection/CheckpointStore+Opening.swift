package import Platform
import Schemas

extension CheckpointStore {
  /// The store of whatever pipeline has left checkpoints in a directory, for looking into them
  /// without the definition. Does not touch the lock.
  package static func opening(_ files: any FileStore) throws(CheckpointError) -> CheckpointStore {
    let nameless = CheckpointStore(pipeline: "", files: files)
    var first: CheckpointError?
    for id in try nameless.manifests().reversed() {
      let path = StateLayout.manifest(id)
      do {
        let manifest = try Manifest(decoding: try nameless.read(path), file: path)
        return CheckpointStore(pipeline: manifest.pipeline, files: files)
      } catch { first = first ?? error }
    }
    throw first ?? CheckpointError(.missing, "there is no checkpoint in this directory")
  }
}
