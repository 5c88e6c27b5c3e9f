import Columns
import Schemas

/// A Swift type whose values are structs of the language.
///
/// ```swift
/// struct Item: StructValue {
///   var sku: String
///   var count: Int?
///   static let shape = Shape(
///     Item.init(sku:count:), StructField("sku") { $0.sku }, StructField("count") { $0.count })
/// }
/// ```
public protocol StructValue: ColumnValue where Base == Self {
  static var shape: Shape<Self> { get }
}

extension StructValue {
  public static var cells: Cells<Self> { shape.cells }
}

/// A field of a struct: its name in the language, and where its value comes from.
public struct StructField<Value: Sendable, Part: ColumnValue>: Sendable {
  let name: String
  let part: @Sendable (Value) -> Part

  public init(_ name: String, _ part: @escaping @Sendable (Value) -> Part) {
    self.name = name
    self.part = part
  }
}

/// How a Swift type is a struct: its fields in their order, and how it is made of them.
public struct Shape<Value: Sendable>: Sendable {
  /// A field, whatever its type.
  private struct Part: Sendable {
    let field: Field
    let append: @Sendable (Value, ColumnBuilder) -> Void
    let misfit: @Sendable (Value, FieldType) -> String?

    init<Cell: ColumnValue>(_ field: StructField<Value, Cell>) {
      let cells = Cell.cells
      let part = field.part
      self.field = Field(field.name, cells.type)
      append = { cells.append(part($0), $1) }
      misfit = { cells.misfit(part($0), $1) }
    }
  }

  private let parts: [Part]
  private let make: @Sendable ([StoredColumn]) -> Value

  /// `make` gets the fields' values in the order of `fields`.
  public init<each Cell: ColumnValue>(
    _ make: @escaping @Sendable (repeat each Cell) -> Value,
    _ fields: repeat StructField<Value, each Cell>
  ) {
    var parts: [Part] = []
    repeat parts.append(Part(each fields))
    self.parts = parts
    self.make = { columns in
      var rest = columns[...]
      return make(repeat (each Cell).cells.read(rest.removeFirst(), 0))
    }
  }

  var cells: Cells<Value> {
    let (parts, make) = (parts, make)
    let own = parts.map(\.field)
    return Cells(FieldType(.structure(own))) { column, row in
      make(column.fields(row))
    } append: { value, builder in
      // A plan may hold fewer fields: those that it reads.
      guard case .structure(let wanted) = builder.type else { return builder.appendNull() }
      builder.append(
        fields: wanted.map { field in
          let cell = ColumnBuilder(field.type, capacity: 1)
          if let part = parts.first(where: { $0.field.name == field.name }) {
            part.append(value, cell)
          } else {
            cell.appendNull()
          }
          return cell.finish()
        })
    } misfit: { value, type in
      guard case .structure(let wanted) = type.type else { return nil }
      for field in wanted {
        let part = parts.first { $0.field.name == field.name }
        if let problem = part?.misfit(value, field.fieldType) {
          return "`\(field.name)`: \(problem)"
        }
      }
      return nil
    }
  }
}
