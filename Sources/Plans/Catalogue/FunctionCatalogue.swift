public import Schemas

/// All scalar functions and operators of the language, as data.
///
/// The checker resolves calls with it, the data half binds kernels by its names, the documentation
/// lists it. `coalesce`, `nullif`, `if` and the like have nodes of their own in a plan and stand in
/// `specialForms`, for documentation and spelling help only.
public enum FunctionCatalogue {
  public static let signatures: [FunctionSignature] = declared + declared.compactMap(\.trying)

  /// Those that are written down; the others are their `try_` twins.
  public static let declared: [FunctionSignature] =
    operators + timeOperators + text + codings + places + numbers + floats + bits + time
    + calendar + documents + values + hashes + web + marketing + nested

  /// What the checker turns into nodes of `Expression`: name and documentation.
  public static let specialForms: [(name: String, documentation: String)] = [
    ("coalesce", "The first argument that is not null; `a ?? b` is the same of two."),
    ("ifnull", "`ifnull(a, b)` is `a ?? b`."),
    ("nullif", "Null if both arguments are equal, else the first."),
    (
      "cast",
      "`cast(x as T)`: x as a T; a row fails where that can't be. To int a fraction is cut."
    ),
    ("try_cast", "`try_cast(x as T)`: x as a T, null where that can't be."),
  ]

  /// Other names for a function, mostly because Flink has both.
  public static let aliases: [String: String] = [
    "character_length": "char_length", "length": "char_length", "substr": "substring",
    "startswith": "starts_with", "endswith": "ends_with", "mod": "modulo",
    "ceiling": "ceil", "dayofmonth": "day", "sha2_256": "sha256", "regexp": "matches",
    "day_of_week": "dayofweek", "pow": "power", "btrim": "trim", "regexp_substr": "regexp_extract",
    "day_of_year": "dayofyear", "octet_length": "byte_length", "xxhash": "xxhash64",
    "timestamp_add": "timestampadd", "timestamp_diff": "timestampdiff",
    "date_floor": "date_trunc", "sha": "sha1",
    "format_string": "printf",
  ]

  private static let byName: [String: [FunctionSignature]] =
    Dictionary(grouping: signatures, by: \.name)

  /// The signatures of a name or alias, in the order in which they are tried.
  public static func signatures(named name: String) -> [FunctionSignature] {
    if let found = byName[aliases[name] ?? name] { return found }
    guard let tried = FunctionSignature.name(triedBy: name), let function = aliases[tried]
    else { return [] }
    return byName["try_" + function] ?? []
  }

  /// All names that a definition may call, sorted, without those that only operators have.
  public static let callableNames: [String] =
    (Set(byName.keys).union(aliases.keys).union(specialForms.map(\.name)))
    .subtracting(operatorNames).sorted()

  /// Names of plans that the language writes as operators.
  public static let operatorNames: Set<String> = [
    "add", "subtract", "multiply", "divide", "modulo", "negate", "equal", "not_equal",
    "less", "less_equal", "greater", "greater_equal", "like", "matches", "at",
  ]

  /// The signature that a call in a plan follows: the first whose parameters these types are.
  public static func signature(of name: String, types: [DataType]) -> FunctionSignature? {
    (byName[name] ?? []).first { $0.matches(types) }
  }
}

extension FunctionSignature {
  /// Whether the types are exactly what a plan may hold for this signature.
  public func matches(_ types: [DataType]) -> Bool {
    guard accepts(count: types.count) else { return false }
    var common: DataType?
    var number: DataType?
    var nested = NestedFit()
    for (index, type) in types.enumerated() {
      guard let parameter = parameter(at: index) else { return false }
      switch parameter {
      case .value(let wanted): if !wanted.isSameButNulls(as: type) { return false }
      case .constantText, .setting, .choice: if type != .string { return false }
      case .constantInt: if type != .int { return false }
      case .number:
        guard type.isNumeric, number.map({ $0.isSameKind(as: type) }) ?? true else { return false }
        number = type
      case .common:
        guard type != .unknown, common.map({ $0.isSameButNulls(as: type) }) ?? true else {
          return false
        }
        common = type
      case .anything: if type == .unknown { return false }
      case .list, .element, .orderedList, .numberList, .map:
        guard nested.takes(type, as: parameter) else { return false }
      }
    }
    return true
  }
}

extension DataType {
  /// Whether both are the same but for precision and scale.
  public func isSameKind(as other: DataType) -> Bool {
    if case .decimal = self, case .decimal = other { return true }
    return self == other
  }
}
