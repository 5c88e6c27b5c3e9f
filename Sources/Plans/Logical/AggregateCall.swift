public import Schemas

/// One aggregate function over the rows of a group: of a window, a row's frame, or a match.
public struct AggregateCall: Hashable, Sendable, Codable {
  /// Distinct within the stage; made by the checker (`$0`, `$1`).
  public var name: String
  /// The catalogue's name: `count`, `sum`, `percentile`.
  public var function: String
  public var arguments: [Expression]
  /// `count(where …)`.
  public var filter: Expression?
  public var fieldType: FieldType
  /// Of a match: the step whose rows alone it takes.
  public var step: String?
  /// Of a match: the one row that it takes, with whose null it is null; nil: all rows.
  public var choice: RowChoice?

  /// One of the rows of a match, as a plan's text writes what is taken of it.
  public enum RowChoice: String, Hashable, Sendable, Codable {
    case last = "last_row"
    /// The row directly before the one that is looked at, whatever it was taken as.
    case previous = "prev"
  }

  public init(
    name: String, function: String, arguments: [Expression], filter: Expression?,
    fieldType: FieldType, step: String? = nil, choice: RowChoice? = nil
  ) {
    self.name = name
    self.function = function
    self.arguments = arguments
    self.filter = filter
    self.fieldType = fieldType
    self.step = step
    self.choice = choice
  }

  /// What an argument says of the aggregate itself, where it is no value of rows: a percentile's
  /// share, how many values a top has. Any other constant is a value that all rows have.
  public func setting(_ index: Int) -> Literal? {
    let signature = AggregateCatalogue.signature(named: function, arguments: arguments.count)
    guard signature?.parameters[index].isSetting ?? false,
      case .literal(let literal) = arguments[index].node
    else { return nil }
    return literal
  }

  /// What is computed of each row for it.
  public var inputs: [Expression] {
    let values = arguments.indices.filter { setting($0) == nil }.map { arguments[$0] }
    return values + (filter.map { [$0] } ?? [])
  }
}

extension [NamedExpression] {
  /// By the name of a column: the first of these that reads it. O(size of all).
  public var firstReaders: [String: String] {
    var readers: [String: String] = [:]
    for named in self {
      for column in named.expression.columnNames where readers[column] == nil {
        readers[column] = named.name
      }
    }
    return readers
  }
}
