import Diagnostics
import Plans
import Schemas
import Syntax

/// Where the fields of a record come from and how their times are read.
extension Definitions {
  func origin(of syntax: FieldSyntax) -> DecodedColumn.Origin {
    let plain = DecodedColumn.Origin.field(syntax.name.text)
    guard let expression = syntax.origin else { return plain }
    switch expression.kind {
    case .text(let text):
      guard let name = text.constant else { break }
      return .field(name)
    case .member(let base, let name):
      if case .name(let meta) = base.kind, meta.text == "meta" {
        if let origin = Self.metaColumns.first(where: { $0.name == name.text })?.origin {
          return origin
        }
        let columns = Self.metaColumns.map { "meta.\($0.name)" } + ["meta.headers.NAME"]
        let problem = NameProblem.unknownColumn("meta.\(name.text)", columns: columns)
        log.report(problem, at: expression.span)
        return plain
      }
      if let header = headerName(expression) { return .header(header) }
    case .element:
      if let header = headerName(expression) { return .header(header) }
    case .missing: return plain
    default: break
    }
    log.report(TypeProblem.noValueHere("this"), at: expression.span)
    return plain
  }

  /// `x` of `meta.headers.x` and `meta.headers["x"]`.
  private func headerName(_ syntax: ExpressionSyntax) -> String? {
    func isHeaders(_ syntax: ExpressionSyntax) -> Bool {
      guard case .member(let base, let name) = syntax.kind, name.text == "headers",
        case .name(let meta) = base.kind
      else { return false }
      return meta.text == "meta"
    }
    switch syntax.kind {
    case .member(let base, let name) where isHeaders(base): return name.text
    case .element(let base, let index) where isHeaders(base):
      if case .text(let text) = index.kind { return text.constant }
      return nil
    default: return nil
    }
  }

  struct MetaColumn {
    let name: String
    let fieldType: FieldType
    let origin: DecodedColumn.Origin
  }

  /// What every Kafka record has besides its value.
  static let metaColumns: [MetaColumn] = [
    MetaColumn(name: "topic", fieldType: FieldType(.string), origin: .topic),
    MetaColumn(name: "partition", fieldType: FieldType(.int), origin: .partition),
    MetaColumn(name: "offset", fieldType: FieldType(.int), origin: .offset),
    MetaColumn(name: "timestamp", fieldType: FieldType(.timestamp), origin: .timestamp),
    MetaColumn(name: "key", fieldType: FieldType(.string, nullable: true), origin: .key),
  ]

  func timeFormat(of syntax: FieldSyntax, _ fieldType: FieldType) -> TimeFormat {
    guard let format = syntax.timeFormat else { return .standard }
    if fieldType.type != .timestamp, fieldType.type != .unknown {
      log.report(TypeProblem.timeFormat(fieldType), at: format.span)
      return .standard
    }
    switch format.kind {
    case .word(let word):
      switch word.text {
      case "epoch_seconds": return .epochSeconds
      case "epoch_millis": return .epochMilliseconds
      case "epoch_micros": return .epochMicroseconds
      default:
        log.report(TypeProblem.unknownTimeFormat(word.text), at: word.span)
        return .standard
      }
    case .pattern(let text):
      guard let pattern = text.constant, format.zone.map({ $0.constant != nil }) ?? true else {
        log.report(TypeProblem.notConstant("a time pattern"), at: format.span)
        return .standard
      }
      if pattern.isEmpty {
        log.report(TypeProblem.emptyTimeFormat, at: text.span)
        return .standard
      }
      checkTimePattern(pattern, at: text.span)
      // The parser told of a zone that is missing.
      if let zone = format.zone, let name = zone.constant, zone.span.count > 0 {
        checkZone(name, at: zone.span)
      }
      return .pattern(pattern, zone: format.zone?.constant ?? "UTC")
    }
  }
}
