import Plans
import Syntax

/// A task as far as its declaration says it. What it says of rows is checked where it is executed,
/// against the columns there.
struct DeclaredTask {
  var syntax: ServiceDeclaration
  /// The options that say nothing of rows.
  var block: [Option]
  /// Without what its rows say.
  var spec: TaskSpec
  /// Of each of the spec's rates the value that has it; nil: all tasks.
  var ratesPer: [ExpressionSyntax?]
  /// Likewise of each bound of calls under way.
  var concurrencyPer: [ExpressionSyntax?]
  /// The zone whose clock the spec's hours go by.
  var hoursZone: ExpressionSyntax?

  /// How the server is asked what became of a task, as it is written.
  var verify: OptionBlockSyntax? {
    guard case .object(let block)? = syntax.connector.options["verify"]?.value.kind else {
      return nil
    }
    return block
  }

  /// The value of an option that is one of the row.
  func value(_ name: String) -> ExpressionSyntax? {
    guard case .expression(let value)? = syntax.connector.options[name]?.value.kind else {
      return nil
    }
    return value
  }
}
