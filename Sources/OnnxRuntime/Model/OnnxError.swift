/// What is wrong with a model, with what it is given, or with the library that runs it.
package enum OnnxError: Error, Equatable, Sendable {
  case libraryMissing(searched: [String])
  case libraryUnusable(path: String, reason: String)
  case libraryTooOld(path: String, version: String)
  case noSuchFile(path: String)
  case unreadable(path: String, reason: String)
  /// `finding`: what the file seems to be instead.
  case notOnnx(path: String, finding: String)
  /// An ONNX file that the library does not take.
  case refused(path: String, reason: String)
  /// The model takes or gives something else than it was declared to.
  case signature(path: String, OnnxMismatch)
  /// A row's value that the model's type does not hold; others of the batch may do.
  case value(path: String, input: String, row: Int, reason: String)
  /// The model failed over a batch, or answered in another shape than it declares.
  case runFailed(path: String, reason: String)

  var isUnusable: Bool {
    if case .libraryUnusable = self { return true }
    return false
  }
}

extension OnnxError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .libraryMissing(let searched):
      return "ONNX Runtime is not installed (searched: \(searched.joined(separator: ", "))); "
        + "install it with: \(OnnxSearch.installCommand)"
    case .libraryUnusable(let path, let reason):
      return "the library \(path) cannot be used: \(reason); install another with: "
        + OnnxSearch.installCommand
    case .libraryTooOld(let path, let version):
      return "ONNX Runtime \(version) (\(path)) is too old: 1.15 or newer is needed; install one "
        + "with: \(OnnxSearch.installCommand)"
    case .noSuchFile(let path): return "there is no model file \(path)"
    case .unreadable(let path, let reason):
      return "the model file \(path) cannot be read: \(reason)"
    case .notOnnx(let path, let finding): return "\(path) is no ONNX model: \(finding)"
    case .refused(let path, let reason):
      return "ONNX Runtime does not take the model \(path): \(reason)"
    case .signature(let path, let mismatch): return "the model \(path) \(mismatch)"
    case .value(let path, let input, let row, let reason):
      return "the model \(path) cannot be given row \(row) of its input `\(input)`: \(reason)"
    case .runFailed(let path, let reason): return "the model \(path) failed: \(reason)"
    }
  }
}
