package import Platform

/// Why a checkpoint cannot be written, read or used.
package struct CheckpointError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Bytes are not what was written.
    case damaged
    /// The format is of a version this program does not know.
    case unsupported
    /// The file system refused.
    case file(FileError.Kind)
    /// It belongs to another pipeline or lineage.
    case foreign
    /// Another process has taken over the state directory.
    case superseded
    /// The definition no longer fits the state.
    case incompatible
    /// State directory and committed output do not belong together.
    case disagreement
    /// What was asked for is not there.
    case missing
    /// A snapshot does not fit its declaration.
    case invalid
  }

  package var kind: Kind
  /// Relative to the state directory; absolute where the file system refused.
  package var file: String?
  /// The byte at which it was noticed.
  package var offset: Int?
  /// What happened and what to do.
  package var reason: String

  package init(_ kind: Kind, file: String? = nil, offset: Int? = nil, _ reason: String) {
    self.kind = kind
    self.file = file
    self.offset = offset
    self.reason = reason
  }

  /// A refusal of the file system, in the words of the checkpoint.
  package init(_ error: FileError) {
    let advice =
      switch error.kind {
      case .denied:
        ". Give this user the right to read and write the state directory, or name another with"
          + " --state"
      case .notDirectory: ". Move it away, or name another state directory with --state"
      case .full: ". Free some space"
      default: ""
      }
    self.init(
      .file(error.kind), file: error.path, "the state directory: \(error)\(advice)")
  }
}

extension CheckpointError: CustomStringConvertible {
  /// `checkpoint file parts/…: byte 17: the checksum is wrong`.
  package var description: String {
    if case .file = kind { return reason }
    var text = ""
    if let file { text += "checkpoint file \(file): " }
    if let offset { text += "byte \(offset): " }
    return text + reason
  }
}
