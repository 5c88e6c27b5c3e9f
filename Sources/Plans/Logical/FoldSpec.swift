public import Schemas

/// The user's own state by key: of each row, and of the states as they were before it, come the
/// columns behind it and the states' new values.
public struct FoldSpec: Hashable, Sendable, Codable {
  public struct State: Hashable, Sendable, Codable {
    /// Its name is no column's of the input.
    public var field: Field
    /// Constant.
    public var first: Expression

    public init(field: Field, first: Expression) {
      self.field = field
      self.first = first
    }
  }

  public var keys: [Expression]
  /// Microseconds after a key's last row until it begins anew; nil: never.
  public var expiry: Int64?
  public var states: [State]
  /// All columns behind the step, in order, over those of the input and the states. One of a
  /// state's name is the state's new value; a state without one keeps its value.
  public var columns: [NamedExpression]
  /// The stage that was made into it, as the language writes it; nil where it is a `fold`.
  public var title: String?

  public init(
    keys: [Expression], expiry: Int64?, states: [State], columns: [NamedExpression],
    title: String? = nil
  ) {
    self.title = title
    self.keys = keys
    self.expiry = expiry
    self.states = states
    self.columns = columns
  }

  /// When a key was over, where no other column is called so.
  public static let expiredAt = "expired_at"

  /// What is told of a key that is forgotten: its columns, where they are columns of the input, the
  /// states, and when it was over; nil where none ever is.
  public var expiredSchema: Schema? {
    guard expiry != nil, title == nil else { return nil }
    let columns = keys.compactMap { key -> Field? in
      guard case .column(let name) = key.node else { return nil }
      return Field(name, key.fieldType)
    }
    var names: Set<String> = []
    let all = columns + states.map(\.field) + [Field(Self.expiredAt, .timestamp)]
    return Schema(all.filter { names.insert($0.name).inserted })
  }

  /// The word of its stage.
  public var word: String { title.map { String($0.prefix { $0 != " " }) } ?? "fold" }

  public func isState(_ name: String) -> Bool { states.contains { $0.field.name == name } }

  /// The columns of the input that the columns are made of.
  public var columnsRead: Set<String> {
    let names = columns.reduce(into: Set<String>()) { $0.formUnion($1.expression.columnNames) }
    return names.subtracting(states.map(\.field.name))
  }

  /// Whether a column is the input's of that name.
  public func isCarried(_ column: NamedExpression) -> Bool {
    column.expression.node == .column(column.name) && !isState(column.name)
  }
}
