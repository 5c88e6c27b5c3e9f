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

  /// The direct operands, in order.
  public var operands: [Expression] {
    switch node {
    case .column, .literal: []
    case .call(_, let arguments): arguments
    case .cast(let operand, _), .not(let operand), .isNull(let operand): [operand]
    case .branch(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
    case .coalesce(let operands), .and(let operands), .or(let operands): operands
    case .isIn(let value, let members): [value] + members
    }
  }

  /// The names of all columns that the expression reads.
  public var columnNames: Set<String> {
    if case .column(let name) = node { return [name] }
    return operands.reduce(into: []) { $0.formUnion($1.columnNames) }
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
