import COnnxRuntime

/// What a call of the library said instead of doing it.
struct OnnxFailure: Error {
  var code: Int32
  var message: String
}

extension OnnxLibrary {
  /// Takes the status of a call, and releases it.
  @inline(__always)
  func check(_ status: OpaquePointer?) throws(OnnxFailure) {
    guard let status else { return }
    throw failure(status)
  }

  private func failure(_ status: OpaquePointer) -> OnnxFailure {
    defer { api.pointee.ReleaseStatus(status) }
    let text = api.pointee.GetErrorMessage(status).map { String(cString: $0) } ?? ""
    return OnnxFailure(code: api.pointee.GetErrorCode(status), message: Self.oneLine(text))
  }

  /// A message of some lines with file names of the library's own build, as one line of bounded
  /// length.
  static func oneLine(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > messageLength ? "\(words.prefix(messageLength))…" : words
  }

  private static let messageLength = 600
}
