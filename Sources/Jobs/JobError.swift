/// Why something about jobs can't be done, in words for who asked for it.
package struct JobError: Error, Hashable, Sendable {
  package var message: String
  /// Whether it is the command line that must change.
  package var isUsage: Bool

  package init(_ message: String, isUsage: Bool = false) {
    self.message = message
    self.isUsage = isUsage
  }

  package static func usage(_ message: String) -> JobError { JobError(message, isUsage: true) }
}
