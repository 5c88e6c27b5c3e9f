import Schemas

/// Looks at a model's file before anything runs: whether it is one, and takes and gives what its
/// declaration says.
///
/// Whoever can run models gives it, for it alone knows what it can read.
package struct ModelCheck: Sendable {
  package enum Finding: Hashable, Sendable {
    /// There is nobody here to look: what is missing, and how it is got.
    case unseen(String)
    /// The file is no model, or cannot be read.
    case file(String)
    /// It is one, and takes something else, or gives something else.
    case input(String)
    case output(String)
    /// What its outputs are to be held against is no such file, or is of other outputs.
    case baseline(String)
  }

  private let find: @Sendable (ModelSpec, ModelSpec.Version) -> Finding?

  package init(_ find: @escaping @Sendable (ModelSpec, ModelSpec.Version) -> Finding?) {
    self.find = find
  }

  /// Every file is fine.
  package static let none = ModelCheck { _, _ in nil }

  package func finding(_ model: ModelSpec, _ version: ModelSpec.Version) -> Finding? {
    find(model, version)
  }
}
