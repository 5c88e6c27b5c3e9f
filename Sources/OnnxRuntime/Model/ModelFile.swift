import COnnxRuntime
import Columns
import Glibc

/// The bytes of a model file.
final class ModelFile {
  let path: String
  let bytes: UnsafeMutableRawBufferPointer

  /// What a model may have in one file: protobuf's own limit.
  private static let byteLimit = Int(Int32.max)

  init(path: String) throws(OnnxError) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR ? .noSuchFile(path: path) : Self.unreadable(path)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw Self.unreadable(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is a folder or a device, not a file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw .notOnnx(path: path, finding: "the file is empty") }
    guard size <= Self.byteLimit else {
      throw .refused(path: path, reason: "it has \(size) bytes, and 2 GiB are the most")
    }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    var filled = 0
    while filled < size {
      let got = read(file, bytes.baseAddress! + filled, size - filled)
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        let error =
          got == 0
          ? OnnxError.unreadable(path: path, reason: "it was cut off while it was read")
          : Self.unreadable(path)
        bytes.deallocate()
        throw error
      }
      filled += got
    }
    self.path = path
    self.bytes = bytes
  }

  deinit { bytes.deallocate() }

  private static func unreadable(_ path: String) -> OnnxError {
    .unreadable(path: path, reason: String(cString: strerror(errno)))
  }

  /// As `xxhsum -H3` prints it.
  var hash: String {
    let start = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
    let digits = String(XXH3.hash(start, count: bytes.count), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Why the library did not take it: because it is no model at all, or for the reason it says.
  func error(_ failure: OnnxFailure) -> OnnxError {
    if let finding { return .notOnnx(path: path, finding: finding) }
    if failure.message.contains("External data") {
      return .refused(
        path: path,
        reason:
          "its weights lie in a file beside it, and its version is the hash of one file: save "
          + "it in one, with `onnx.save(model, path, save_as_external_data=False)`")
    }
    let isBroken = [
      RAUDAL_ORT_INVALID_ARGUMENT, RAUDAL_ORT_NO_MODEL, RAUDAL_ORT_INVALID_PROTOBUF,
    ].contains { Int32($0) == failure.code }
    // A model's first field is the version of its format; files cut off between two fields parse.
    if isBroken || bytes[0] != 0x08 {
      return .notOnnx(path: path, finding: "the file is damaged or cut off (\(failure.message))")
    }
    return .refused(path: path, reason: failure.message)
  }

  /// What files are that are often in a model's place.
  private var finding: String? {
    let head = bytes.prefix(512).drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
    func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
    if begins("<") { return "it is HTML or XML, perhaps a server's error page" }
    if begins("version https://git-lfs") {
      return "it is a pointer of Git LFS: fetch the file itself with `git lfs pull`"
    }
    if begins("{") || begins("[") { return "it is JSON" }
    if begins("PK\u{3}\u{4}") { return "it is a zip archive, as PyTorch saves: export it to ONNX" }
    if head.starts(with: [0x1F, 0x8B]) { return "it is compressed (gzip): unpack it" }
    if head.starts(with: [0x80]) { return "it is a Python pickle: export the model to ONNX" }
    if head.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      return "it is HDF5, as Keras saves: export the model to ONNX"
    }
    return nil
  }
}
