public import Schemas

/// One way to call a scalar function or operator: what it takes, what it gives, what null does.
///
/// The checker picks the first signature of a name that the arguments fit and writes every widening
/// into the plan as a `.cast`; a kernel therefore sees exactly the types that a signature says.
public struct FunctionSignature: Hashable, Sendable {
  /// The catalogue's name, the one that plans hold.
  public var name: String
  public var parameters: [Parameter]
  /// How many of the last parameters may be left out.
  public var optionalCount: Int
  /// Whether the last parameter may be given any number of times.
  public var isVariadic: Bool
  /// Whether it are the last two that may be given any number of times, together.
  public var isPaired: Bool
  public var result: ResultRule
  public var nulls: NullRule
  public var fallibility: Fallibility
  /// One sentence for the reference and for `explain`.
  public var documentation: String
  /// A call and its result: `lower("AbC")` is `"abc"`.
  public var example: String

  /// What stands at one place of a call.
  public enum Parameter: Hashable, Sendable {
    /// A value of this type, or one that widens to it.
    case value(DataType)
    /// An int, float or decimal. Several of a call agree: beside a float an int becomes float,
    /// beside a decimal it becomes `decimal(19, 0)`; decimals keep their own scales.
    case number
    /// Any scalar; all such places of a call get one common type.
    case common
    /// Any value, lists and structs too, whatever the other arguments are.
    case anything
    /// Text that is known before the first row.
    case constantText
    /// Text that says how (a pattern, a zone, a path). Best known before the first row; else each
    /// value that comes is prepared once, and one that makes no sense fails its row.
    case setting
    /// Text that is known before the first row and is one of these.
    case choice([String])
    /// An int that is known before the first row.
    case constantInt
    /// A list; all lists of a call have one type of elements, and `element` is a value of it.
    case list, element
    /// The same of elements that have an order, and of numbers.
    case orderedList, numberList
    /// A map; all maps of a call have one type of values.
    case map
  }

  /// The type of the result.
  public enum ResultRule: Hashable, Sendable {
    case type(DataType)
    /// That of the first argument.
    case first
    /// That of the `common` arguments.
    case common
    /// int and float stay; decimals follow SQL's rule for the operation.
    case sum, product, quotient, remainder
    /// int and float stay; a decimal loses its fraction (`ceil`, `floor`).
    case integral
    /// int and float stay; a decimal gets the scale of the second argument, 0 without (`round`).
    case rounded
    /// The type that the lists of the call share, or their elements'.
    case list, element
    /// The elements' type; of a decimal(p, s) decimal(38, s).
    case elementSum
    /// The type that the maps share, their values', a list of those, a list of structs `key`,
    /// `value`, a map of the list's elements.
    case map, mapValue, mapValues, mapEntries, mapOfElements
  }

  public enum NullRule: Hashable, Sendable {
    /// Null if any argument is null, else a value.
    case propagates
    /// May be null whatever the arguments are.
    case alwaysNullable
    /// Never null.
    case never
    /// Null if the first argument is null; nulls among the others are left out.
    case first
  }

  /// Whether a row can fail. No rule of the optimizer moves a fallible call before a filter.
  public enum Fallibility: Hashable, Sendable {
    case never
    /// Only where an int, decimal, duration or timestamp leaves its range, a text grows beyond its
    /// bound, or the search for a pattern takes too many steps.
    case overflow
    /// On ordinary data: division by zero, text that is no number.
    case data
  }

  public init(
    _ name: String, _ parameters: [Parameter], optional: Int = 0, variadic: Bool = false,
    paired: Bool = false, _ result: ResultRule, nulls: NullRule = .propagates,
    fails: Fallibility = .never, _ documentation: String, _ example: String = ""
  ) {
    self.name = name
    self.parameters = parameters
    self.optionalCount = optional
    self.isVariadic = variadic || paired
    self.isPaired = paired
    self.result = result
    self.nulls = nulls
    self.fallibility = fails
    self.documentation = documentation
    self.example = example
  }

  /// Whether a call with so many arguments is possible.
  public func accepts(count: Int) -> Bool {
    if isPaired, !(count - parameters.count).isMultiple(of: 2) { return false }
    return count >= parameters.count - optionalCount && (isVariadic || count <= parameters.count)
  }

  /// What stands at place `index` of a call; nil behind the last.
  public func parameter(at index: Int) -> Parameter? {
    if index < parameters.count { return parameters[index] }
    if isPaired { return parameters.suffix(2).dropFirst((index - parameters.count) % 2).first }
    return isVariadic ? parameters.last : nil
  }
}

extension FunctionSignature.Parameter: CustomStringConvertible {
  public var description: String {
    switch self {
    case .value(let type): "\(type)"
    case .number: "number"
    case .common: "any"
    case .anything: "anything"
    case .constantText: "text constant"
    case .choice: "word"
    case .setting: "text setting"
    case .constantInt: "int constant"
    case .list: "list"
    case .element: "element"
    case .orderedList: "list of ordered values"
    case .numberList: "list of numbers"
    case .map: "map"
    }
  }
}
