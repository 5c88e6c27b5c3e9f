package import Columns
public import Schemas

/// A column of a batch; `Column` here is a name with a type.
package typealias StoredColumn = Columns.Column

/// A point in time, in microseconds since 1970 in UTC.
public typealias Timestamp = Schemas.Timestamp

extension Timestamp {
  /// The point in time that is so far behind 1970-01-01T00:00:00Z, cut to microseconds.
  public static func since1970(_ span: Duration) -> Timestamp {
    Timestamp(microseconds: span.wholeMicroseconds)
  }

  /// How far it is behind 1970-01-01T00:00:00Z.
  public var since1970: Duration { .microseconds(microseconds) }
}

/// A Swift type whose values stand in columns: `Bool`, `Int`, `Double`, `String`, `Timestamp`,
/// `Duration`, `ExactDecimal`, arrays of them for lists, types of your own for structs
/// (`StructValue`), and the optionals of all, for columns that may be null.
public protocol ColumnValue: Sendable {
  /// The type without `Optional`.
  associatedtype Base: ColumnValue where Base.Base == Base
  /// How values lie in a column.
  static var cells: Cells<Self> { get }
}

/// How values of a Swift type lie in a column.
public struct Cells<Value: Sendable>: Sendable {
  package let type: FieldType
  package let read: @Sendable (StoredColumn, Int) -> Value
  package let append: @Sendable (Value, ColumnBuilder) -> Void
  /// Why a value can't stand in a column of that kind: it is null, or has too many digits.
  package let misfit: @Sendable (Value, FieldType) -> String?

  package init(
    _ type: FieldType, read: @escaping @Sendable (StoredColumn, Int) -> Value,
    append: @escaping @Sendable (Value, ColumnBuilder) -> Void,
    misfit: @escaping @Sendable (Value, FieldType) -> String? = { _, _ in nil }
  ) {
    self.type = type
    self.read = read
    self.append = append
    self.misfit = misfit
  }
}

extension Bool: ColumnValue {
  public typealias Base = Bool
  public static var cells: Cells<Bool> {
    Cells(FieldType(.bool)) {
      $0.bool($1)
    } append: {
      $1.append(bool: $0)
    }
  }
}

extension Int: ColumnValue {
  public typealias Base = Int
  public static var cells: Cells<Int> {
    Cells(FieldType(.int)) {
      Int($0.int($1))
    } append: {
      $1.append(int: Int64($0))
    }
  }
}

extension Double: ColumnValue {
  public typealias Base = Double
  public static var cells: Cells<Double> {
    Cells(FieldType(.float)) {
      $0.float($1)
    } append: {
      $1.append(float: $0)
    }
  }
}

extension String: ColumnValue {
  public typealias Base = String
  public static var cells: Cells<String> {
    Cells(FieldType(.string)) {
      $0.string($1)
    } append: {
      $1.append(string: $0)
    }
  }
}

extension Timestamp: ColumnValue {
  public typealias Base = Timestamp
  public static var cells: Cells<Timestamp> {
    Cells(FieldType(.timestamp)) {
      Timestamp(microseconds: $0.int($1))
    } append: {
      $1.append(int: $0.microseconds)
    }
  }
}

extension Duration: ColumnValue {
  public typealias Base = Duration
  public static var cells: Cells<Duration> {
    Cells(FieldType(.duration)) {
      .microseconds($0.int($1))
    } append: {
      $1.append(int: $0.wholeMicroseconds)
    }
  }
}

extension ExactDecimal: ColumnValue {
  public typealias Base = ExactDecimal
  /// Of the widest column; one that is declared narrower says so itself.
  public static var cells: Cells<ExactDecimal> {
    Cells(FieldType(.decimal(precision: DataType.maximumPrecision, scale: 6))) { column, row in
      guard case .decimal(_, let scale) = column.type else { return ExactDecimal(0, scale: 0) }
      return ExactDecimal(column.decimal(row), scale: scale)
    } append: { value, builder in
      guard case .decimal(_, let scale) = builder.type, let exact = value.rescaled(to: scale)
      else { return builder.appendNull() }
      builder.append(decimal: exact)
    } misfit: { value, type in
      guard case .decimal(let precision, let scale) = type.type else { return nil }
      guard let exact = value.rescaled(to: scale), "\(exact.magnitude)".count <= precision else {
        return "\(value) does not fit \(type.type)"
      }
      return nil
    }
  }
}

extension Optional: ColumnValue where Wrapped: ColumnValue, Wrapped.Base == Wrapped {
  public typealias Base = Wrapped
  public static var cells: Cells<Wrapped?> {
    let inner = Wrapped.cells
    return Cells(inner.type.optional) { column, row in
      column.isValid(row) ? inner.read(column, row) : nil
    } append: { value, builder in
      if let value { inner.append(value, builder) } else { builder.appendNull() }
    } misfit: { value, type in
      guard let value else { return type.isNullable ? nil : "it is null" }
      return inner.misfit(value, type)
    }
  }
}

extension Duration {
  /// Cut to microseconds.
  var wholeMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
