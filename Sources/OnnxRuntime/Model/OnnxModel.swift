import COnnxRuntime
import Columns

/// A model file, opened for running.
///
/// One model serves any number of threads at a time: the library's sessions are safe for concurrent
/// runs, and nothing here is written after the start. The bytes that were hashed are the bytes that
/// run, whatever happens to the file meanwhile.
package final class OnnxModel: @unchecked Sendable {
  package let path: String
  /// The hash of the file's bytes (XXH3, 64 bits, as `xxhsum -H3` prints it).
  package let version: String
  package let signature: OnnxSignature

  let library: OnnxLibrary
  let session: OpaquePointer

  /// Opens the file with the library that the process's environment asks for.
  package convenience init(path: String, threads: Int = 1) throws(OnnxError) {
    try self.init(path: path, threads: threads, library: OnnxLibrary.shared())
  }

  /// `threads`: how many threads one run of the model may use, the caller's included. With 1 the
  /// caller's thread does all of it and the library starts none.
  /// With more, sums of floats may hang on the batch's size in their last bits, as those of trees
  /// do: an answer that is asked for again in another batch may differ.
  package init(path: String, threads: Int = 1, library: OnnxLibrary) throws(OnnxError) {
    let file = try ModelFile(path: path)
    self.path = path
    self.library = library
    self.version = file.hash
    do throws(OnnxFailure) {
      session = try library.session(file, threads: max(threads, 1))
    } catch {
      throw file.error(error)
    }
    do throws(OnnxFailure) {
      signature = try library.signature(of: session)
    } catch {
      library.api.pointee.ReleaseSession(session)
      throw .refused(path: path, reason: error.message)
    }
  }

  deinit { library.api.pointee.ReleaseSession(session) }
}

extension OnnxLibrary {
  fileprivate func session(
    _ file: ModelFile, threads: Int
  ) throws(OnnxFailure) -> OpaquePointer {
    var options: OpaquePointer?
    try check(api.pointee.CreateSessionOptions(&options))
    defer { api.pointee.ReleaseSessionOptions(options) }
    try check(api.pointee.SetIntraOpNumThreads(options, Int32(clamping: threads)))
    try check(api.pointee.SetInterOpNumThreads(options, 1))
    try check(api.pointee.SetSessionExecutionMode(options, Int32(RAUDAL_ORT_SEQUENTIAL)))
    try check(
      api.pointee.SetSessionGraphOptimizationLevel(options, Int32(RAUDAL_ORT_ALL_OPTIMIZATIONS)))
    // Threads that wait for work must not take the workers' cores.
    for key in ["session.intra_op.allow_spinning", "session.inter_op.allow_spinning"] {
      try check(api.pointee.AddSessionConfigEntry(options, key, "0"))
    }
    // Weights in files beside the model would be looked for in the process's folder, and the hash
    // does not cover them: they are looked for where no file can be.
    try check(
      api.pointee.AddSessionConfigEntry(
        options, "session.model_external_initializers_file_folder_path", "/dev/null"))
    var session: OpaquePointer?
    try check(
      api.pointee.CreateSessionFromArray(
        environment, file.bytes.baseAddress, file.bytes.count, options, &session))
    guard let session else { throw OnnxFailure(code: 0, message: "no session was made") }
    return session
  }
}
