package import Columns
package import Plans

/// A scalar function of the embedding program, for calls that the catalogue does not know.
package struct ForeignFunction: Sendable {
  /// What the checker resolves calls with.
  package let signature: FunctionSignature
  /// Of each argument whether a row with a null there is null without asking the function.
  package let isStrict: [Bool]
  /// Computes the rows of a batch: columns of the arguments, none with a selection, and how many
  /// rows they have. Called by several threads at a time. What it throws fails all these rows.
  package let compute: @Sendable (_ arguments: [Column], _ rowCount: Int) throws -> Column

  package init(
    signature: FunctionSignature, isStrict: [Bool],
    compute: @escaping @Sendable (_ arguments: [Column], _ rowCount: Int) throws -> Column
  ) {
    self.signature = signature
    self.isStrict = isStrict
    self.compute = compute
  }
}

/// The functions of an embedding program by name.
package typealias ForeignFunctions = [String: ForeignFunction]
