import Plans
import Schemas

/// Names of columns that a stage computes for itself.
///
/// Rows that wait, and what was made of them, are found in a checkpoint by the names of their
/// columns. So such a column bears the text of what it is: a definition that computes something
/// else in its place is told that the state has another column, and takes none for its own.
extension Expression {
  var heldName: String { HeldName.of(description) }
}

enum HeldName {
  /// Texts are read in messages; what is longer is told apart by a digest.
  private static let longest = 80

  static func of(_ text: String) -> String {
    guard text.utf8.count > longest else { return Field.computedMark + text + ")" }
    return Field.computedMark + text.prefix(longest / 2) + "… \(TextDigest.hexadecimal(text)))"
  }

  /// Of a column of bits, one for each of these conditions.
  static func mask(_ prefix: String, _ conditions: [Expression]) -> String {
    let text = conditions.map(\.description).joined(separator: "\n")
    return "$\(prefix)(\(TextDigest.hexadecimal(text)))"
  }
}

/// Values as columns: those that are plain columns under their own names, the others as hidden
/// columns that a projection computes.
struct HeldValues {
  /// Of each value; equal values share a column.
  private(set) var names: [String] = []
  /// Those that are more than a plain column, each once.
  private(set) var computed: [NamedExpression] = []
  private let origin: NamedExpression.Origin

  init(_ values: [Expression] = [], stage: OperatorID) {
    origin = NamedExpression.Origin(stage: stage, column: nil)
    for value in values { names.append(name(of: value)) }
  }

  /// The computed columns, as they stand beside the row.
  var fields: [Field] {
    computed.map { Field($0.name, $0.expression.fieldType, hidden: true) }
  }

  var canFail: Bool { computed.contains { $0.expression.isFallible } }

  private mutating func name(of value: Expression) -> String {
    if case .column(let name) = value.node { return name }
    return computed.name(of: value, origin: origin)
  }
}

extension [NamedExpression] {
  /// The name of the column that is this value, which is added if there is none. Values that are
  /// written alike and are not the same get different names.
  mutating func name(of value: Expression, origin: NamedExpression.Origin) -> String {
    var name = value.heldName
    while let other = first(where: { $0.name == name }) {
      if other.expression == value { return name }
      name += "'"
    }
    append(NamedExpression(name, value, origin: origin))
    return name
  }
}
