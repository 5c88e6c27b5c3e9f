import COnnxRuntime
import Glibc
import Synchronization

/// ONNX Runtime, loaded into the process: its table of functions and what all models share.
///
/// Loaded once and never unloaded: its threads and what models point to outlive any one of them.
/// Safe to use from all threads.
package final class OnnxLibrary: @unchecked Sendable {
  /// The release, `1.32.0`.
  package let version: String
  /// Where it was found.
  package let path: String

  /// The library's own table, which lives as long as the process.
  let api: UnsafePointer<OrtApi>
  let environment: OpaquePointer
  /// Says of memory that it is the process's own.
  let memory: OpaquePointer
  let allocator: OpaquePointer

  private static let loaded = Mutex<OnnxLibrary?>(nil)

  /// The library that the process's environment asks for. What was not found is looked for again
  /// at the next call.
  package static func shared() throws(OnnxError) -> OnnxLibrary {
    if let library = loaded.withLock({ $0 }) { return library }
    let library = try load(.ofProcess)
    return loaded.withLock { held in
      let first = held ?? library
      held = first
      return first
    }
  }

  /// The first library of a search that is new enough.
  package static func load(_ search: OnnxSearch) throws(OnnxError) -> OnnxLibrary {
    var refused: OnnxError?
    for path in search.candidates {
      do throws(OnnxError) {
        return try OnnxLibrary(path: path)
      } catch {
        // A name that the system does not know is no finding.
        if path.contains("/") || !error.isUnusable { refused = refused ?? error }
      }
    }
    throw refused ?? .libraryMissing(searched: search.places)
  }

  private init(path: String) throws(OnnxError) {
    // RTLD_LOCAL: the wheel brings libraries of its own, which must not serve anybody else.
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .libraryUnusable(path: path, reason: dlerror().map { String(cString: $0) } ?? "")
    }
    guard let symbol = dlsym(handle, "OrtGetApiBase"),
      let base = unsafeBitCast(symbol, to: RaudalOrtGetApiBase.self)()
    else { throw .libraryUnusable(path: path, reason: "it has no OrtGetApiBase") }
    let version = base.pointee.GetVersionString().map { String(cString: $0) } ?? "unknown"
    guard Self.isNewEnough(version),
      let api = base.pointee.GetApi(UInt32(RAUDAL_ORT_API_VERSION))
    else { throw .libraryTooOld(path: path, version: version) }
    self.path = path
    self.version = version
    self.api = api
    var environment: OpaquePointer?
    var memory: OpaquePointer?
    var allocator: OpaquePointer?
    let failed = [
      // What goes wrong comes back as a status; the library's own log would say it twice.
      api.pointee.CreateEnv(Int32(RAUDAL_ORT_LOG_FATAL), "raudal", &environment),
      api.pointee.CreateCpuMemoryInfo(
        Int32(RAUDAL_ORT_ARENA), Int32(RAUDAL_ORT_MEMORY_DEFAULT), &memory),
      api.pointee.GetAllocatorWithDefaultOptions(&allocator),
    ].contains { $0 != nil }
    guard !failed, let environment, let memory, let allocator else {
      throw .libraryUnusable(path: path, reason: "it does not start")
    }
    self.environment = environment
    self.memory = memory
    self.allocator = allocator
  }

  /// Whether a release has the table that is asked for: before it is asked, for an old library
  /// prints to the process's output that it has not.
  static func isNewEnough(_ version: String) -> Bool {
    let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    guard parts.count == 2 else { return false }
    return parts[0] > 1 || parts[0] == 1 && parts[1] >= Int(RAUDAL_ORT_API_VERSION)
  }
}
