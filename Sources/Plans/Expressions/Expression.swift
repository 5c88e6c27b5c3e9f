public import Schemas

/// A typed expression over the columns of one schema.
///
/// Columns are named, not numbered: names are distinct in a schema, so that rules can move an
/// expression to another place of the plan without renumbering. Literals already have the type that
/// the other side asks for, and implicit widening stands as an explicit `.cast`.
public struct Expression: Hashable, Sendable, Codable {
  public indirect enum Node: Hashable, Sendable, Codable {
    case column(String)
    case literal(Literal)
    /// When the row happened. No word of the language: stages that look at time are made of it.
    case eventTime
    /// A function or operator of the catalogue, by its catalogue name (`add`, `equal`, `lower`).
    case call(String, [Expression])
    /// Fails the row where the value cannot be had in the type; null instead if `isTry`.
    case cast(Expression, isTry: Bool)
    /// The first branch whose condition is true; a later condition or value is evaluated only for
    /// rows that no earlier branch took. No `otherwise`: null.
    case branch([Branch], otherwise: Expression?)
    /// The first value that is not null; a later one is evaluated only where all earlier are null.
    case coalesce([Expression])
    /// Three-valued; a later operand is evaluated only for rows that the earlier left undecided.
    case and([Expression])
    case or([Expression])
    case not(Expression)
    case isNull(Expression)
    /// Whether the value equals a member; null if it does not and a member is null.
    case isIn(Expression, [Expression])
    /// A struct's field; null of a null struct.
    case member(Expression, String)
    /// A list of these elements, each in the type of the list's.
    case list([Expression])
    /// A struct of these fields; the expression's type has their names.
    case structure([Expression])
    /// Something of each element of a list: `body` is evaluated for each, `parameter` being the
    /// element beside the columns of the row. Null of a null list.
    case each(ElementOperation, Expression, parameter: Field, body: Expression)
  }

  /// What becomes of the values that a lambda has for the elements of a list.
  public enum ElementOperation: String, Hashable, Sendable, Codable {
    /// The list of the values.
    case map
    /// The elements whose value is true.
    case filter
    /// Three-valued, as `or` and `and` of them all; of no element false and true.
    case any, all
  }

  public struct Branch: Hashable, Sendable, Codable {
    public var condition: Expression
    public var value: Expression

    public init(condition: Expression, value: Expression) {
      self.condition = condition
      self.value = value
    }
  }

  public var node: Node
  public var fieldType: FieldType

  public init(_ node: Node, _ fieldType: FieldType) {
    self.node = node
    self.fieldType = fieldType
  }

  public var type: DataType { fieldType.type }
  public var isNullable: Bool { fieldType.isNullable }
}

extension Expression {
  public static func column(_ field: Field) -> Expression {
    Expression(.column(field.name), field.fieldType)
  }

  public static func literal(_ literal: Literal, _ type: DataType) -> Expression {
    Expression(.literal(literal), FieldType(type, nullable: literal == .null))
  }

  public static let eventTime = Expression(.eventTime, FieldType(.timestamp))

  /// Whether it needs to know when a row happened.
  public var readsEventTime: Bool {
    node == .eventTime || operands.contains(where: \.readsEventTime)
  }

  /// The direct operands, in order.
  public var operands: [Expression] {
    switch node {
    case .column, .literal, .eventTime: []
    case .call(_, let arguments): arguments
    case .cast(let operand, _), .not(let operand), .isNull(let operand): [operand]
    case .branch(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
    case .coalesce(let operands), .and(let operands), .or(let operands): operands
    case .isIn(let value, let members): [value] + members
    case .member(let base, _): [base]
    case .list(let elements), .structure(let elements): elements
    case .each(_, let list, _, let body): [list, body]
    }
  }

  /// The names of all columns that the expression reads; a lambda's parameter is none.
  public var columnNames: Set<String> {
    if case .column(let name) = node { return [name] }
    if case .each(_, let list, let parameter, let body) = node {
      return list.columnNames.union(body.columnNames.subtracting([parameter.name]))
    }
    return operands.reduce(into: []) { $0.formUnion($1.columnNames) }
  }

  /// The columns that it reads, as they stand in it; a lambda's parameter is none.
  public var columns: [Expression] {
    if case .column = node { return [self] }
    guard case .each(_, let list, let parameter, let body) = node else {
      return operands.flatMap(\.columns)
    }
    return list.columns + body.columns.filter { $0.node != .column(parameter.name) }
  }
}

/// The names that plans give the parameters of lambdas. They begin with a character that no
/// column's name has, and hold how many lambdas stand around: so none hides a column or another
/// parameter.
public enum LambdaParameter {
  private static let mark: Character = "\u{0}"

  public static func name(_ written: String, depth: Int) -> String { "\(mark)\(depth).\(written)" }

  /// The name as it was written.
  public static func written(_ name: String) -> String {
    guard name.first == mark, let point = name.firstIndex(of: ".") else { return name }
    return String(name[name.index(after: point)...])
  }
}

/// An expression and the name of the column it becomes.
public struct NamedExpression: Hashable, Sendable, Codable {
  /// The stage where an expression was written, and the column that it computed there.
  public struct Origin: Hashable, Sendable, Codable {
    public var stage: OperatorID
    /// Nil where it computes no column of the user's, but a key to look up.
    public var column: String?

    public init(stage: OperatorID, column: String?) {
      self.stage = stage
      self.column = column
    }
  }

  public var name: String
  public var expression: Expression
  /// What a failure names, where the expression was moved into another step; nil: this step and
  /// this name.
  public var origin: Origin?

  public init(_ name: String, _ expression: Expression, origin: Origin? = nil) {
    self.name = name
    self.expression = expression
    self.origin = origin
  }

  /// Another expression in its place.
  public func replacing(_ expression: Expression) -> NamedExpression {
    NamedExpression(name, expression, origin: origin)
  }

  public var field: Field { Field(name, expression.fieldType) }
}
