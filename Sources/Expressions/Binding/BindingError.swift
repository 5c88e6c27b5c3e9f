import Columns
package import Schemas

/// Why an expression of a plan cannot be run. The checker finds most of these in the definition.
package enum BindingError: Error, Sendable, Equatable {
  case unknownColumn(String, known: [String])
  case noKernel(function: String, types: [DataType])
  case noCast(from: DataType, to: DataType)
  case literal(String, DataType)
  case notBoolean(DataType)
  /// A pattern, zone, path or unit that must be known beforehand is not a constant.
  case notConstant(function: String, argument: Int)
  case badPattern(String, reason: String, offset: Int)
  case noGroup(Int64, pattern: String, count: Int)
  case unknownZone(String)
  case badPath(String, reason: String)
  case badTimePattern(String, reason: String)
  case badFormat(String, reason: String)
  case badChoice(function: String, value: String, known: String = "")
  case nameTwice(String)
}

extension BindingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownColumn(let name, let known):
      "there is no column `\(name)`; there are \(known.joined(separator: ", "))"
    case .noKernel(let function, let types):
      "there is no `\(function)` of \(types.map(\.description).joined(separator: ", "))"
    case .noCast(let from, let to): "a \(from) can't be cast to \(to)"
    case .literal(let literal, let type): "\(literal) is no \(type)"
    case .notBoolean(let type): "a condition is a bool, not a \(type)"
    case .notConstant(let function, let argument):
      "argument \(argument) of `\(function)` must be a constant that is not null"
    case .badPattern(let pattern, let reason, let offset):
      "`\(pattern)` is no regular expression: \(reason) at offset \(offset)"
    case .noGroup(let group, let pattern, let count):
      "`\(pattern)` has no group \(group), only \(count)"
    case .unknownZone(let zone):
      "`\(zone)` is no time zone; write an IANA name such as `Europe/Madrid` or an offset such as "
        + "`+02:00` (zones are read from \(TimeZoneRules.directory))"
    case .badPath(let path, let reason): "`\(path)` is no JSON path: \(reason)"
    case .badTimePattern(let pattern, let reason):
      "`\(pattern)` is no pattern of dates and times: \(reason)"
    case .badFormat(let format, let reason): "`\(format)` is no format: \(reason)"
    case .badChoice(let function, let value, let known):
      "`\(function)` knows no `\(value)`\(known.isEmpty ? "" : ", but \(known)")"
    case .nameTwice(let name): "the name `\(name)` stands twice"
    }
  }
}
