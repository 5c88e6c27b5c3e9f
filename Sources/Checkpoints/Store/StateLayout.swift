import Platform
import Schemas

/// Which file lies where in a pipeline's state directory.
///
/// ```
/// lock                                       held by the process that runs the pipeline
/// incarnations/INCARNATION                   one for each attempt to run
/// checkpoints/EPOCH-INCARNATION.manifest
/// parts/EPOCH-INCARNATION-WORKER.part
/// settled/EPOCH-INCARNATION                  it counts, and its output is visible
/// dropped/OPERATOR                           whose state the user has let be lost
/// ```
enum StateLayout {
  static let lock = "lock"
  static let incarnations = "incarnations"
  static let checkpoints = "checkpoints"
  static let parts = "parts"
  static let settled = "settled"
  static let dropped = "dropped"
  static let manifestEnding = ".manifest"
  static let partEnding = ".part"
  /// Of a file that is not yet what its name will say.
  static let temporaryEnding = ".tmp"

  static func incarnation(_ number: UInt64) -> String { "\(incarnations)/\(padded(number))" }

  static func manifest(_ id: CheckpointID) -> String {
    "\(checkpoints)/\(name(id))\(manifestEnding)"
  }

  static func settled(_ id: CheckpointID) -> String { "\(settled)/\(name(id))" }

  static func dropped(_ owner: OperatorID) -> String {
    "\(dropped)/\(PathName.encoded(owner.name))"
  }

  static func part(_ id: CheckpointID, worker: Int) -> String {
    "\(parts)/\(name(id))-\(worker)\(partEnding)"
  }

  /// The checkpoint of a manifest's or part's file name; nil for other files.
  static func checkpoint(inName name: String, ending: String) -> CheckpointID? {
    guard name.hasSuffix(ending) else { return nil }
    let numbers = name.dropLast(ending.count).split(separator: "-").map { UInt64($0) }
    guard numbers.count >= 2, let epoch = numbers[0], let incarnation = numbers[1] else {
      return nil
    }
    return CheckpointID(epoch: Epoch(epoch), incarnation: incarnation)
  }

  private static func name(_ id: CheckpointID) -> String {
    "\(padded(id.epoch.number))-\(padded(id.incarnation))"
  }

  /// Ten digits, so that names sort as numbers.
  private static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }
}
