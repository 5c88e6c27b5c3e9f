import Columns
import Plans
import Schemas

/// The casts between scalar types, as `CastRules` lists them.
enum Casts {
  static func bind(
    _ argument: Evaluator, from source: DataType, to target: DataType, isTry: Bool
  ) throws(BindingError) -> Evaluator {
    if source == target { return argument }
    let verdict = CastRules.verdict(from: source, to: target)
    let site = Site(
      argument: argument, target: target, isTry: isTry, canFail: verdict == .partial && !isTry)
    if let nested = try NestedCasts.bind(site, source) { return nested }
    guard verdict != .impossible,
      let cast = toText(site, source) ?? fromText(site, source)
        ?? toWhole(site, source) ?? toFraction(site, source)
    else { throw .noCast(from: source, to: target) }
    return cast
  }

  static func intToFloat(_ argument: Evaluator) -> Evaluator {
    let site = Site(argument: argument, target: .float, isTry: false, canFail: false)
    return site.convert(IntToFloat())
  }

  /// What all casts are bound with.
  struct Site {
    let argument: Evaluator
    let target: DataType
    let isTry: Bool
    let canFail: Bool

    func convert<C: Conversion>(_ conversion: C, cost: Int = 2) -> Evaluator {
      ValueCall(
        Converting(conversion: conversion, target: target, isTry: isTry), target, [argument],
        canFail: canFail, cost: cost)
    }

    func parse<P: TextParser>(_ parser: P) -> Evaluator {
      ValueCall(
        Parsing(parser: parser, target: target, isTry: isTry), target, [argument],
        canFail: canFail, cost: 15)
    }

    func write<W: ValueWriter>(_ writer: W) -> Evaluator {
      TextCall(Writing(writer: writer), target, [argument], cost: 15)
    }
  }

  private static func toText(_ site: Site, _ source: DataType) -> Evaluator? {
    guard site.target == .string else { return nil }
    switch source {
    case .bool: return site.write(BoolWriter())
    case .int: return site.write(IntWriter())
    case .float: return site.write(FloatWriter())
    case .decimal(_, let scale): return site.write(DecimalWriter(scale: scale))
    case .timestamp: return site.write(TimestampWriter())
    case .date: return site.write(DateWriter())
    case .duration: return site.write(DurationWriter())
    case .json: return TextCall(CheckedCopy(check: .none, site), .string, [site.argument])
    case .bytes:
      return TextCall(
        CheckedCopy(check: .utf8, site), .string, [site.argument], canFail: site.canFail)
    default: return nil
    }
  }

  private static func fromText(_ site: Site, _ source: DataType) -> Evaluator? {
    guard source == .string else { return nil }
    switch site.target {
    case .bool: return site.parse(BoolParser())
    case .int: return site.parse(IntParser())
    case .float: return site.parse(FloatParser())
    case .decimal(let precision, let scale):
      return site.parse(DecimalParser(precision: precision, scale: scale))
    case .timestamp: return site.parse(TimestampParser())
    case .date: return site.parse(DateParser())
    case .duration: return site.parse(DurationParser())
    case .bytes: return TextCall(CheckedCopy(check: .none, site), .bytes, [site.argument])
    case .json:
      return TextCall(
        CheckedCopy(check: .json, site), .json, [site.argument], canFail: site.canFail, cost: 60)
    default: return nil
    }
  }

  private static func toWhole(_ site: Site, _ source: DataType) -> Evaluator? {
    switch (source, site.target) {
    case (.bool, .int): site.convert(BoolToInt())
    case (.int, .bool): site.convert(IntToBool())
    case (.float, .bool): site.convert(FloatToBool())
    case (.decimal, .bool): site.convert(DecimalToBool())
    case (.float, .int): site.convert(FloatToInt())
    case (.decimal(_, let scale), .int): site.convert(DecimalToInt(scale: scale), cost: 5)
    case (.date, .timestamp): site.convert(DateToTimestamp())
    case (.timestamp, .date): site.convert(TimestampToDate())
    default: nil
    }
  }

  private static func toFraction(_ site: Site, _ source: DataType) -> Evaluator? {
    switch (source, site.target) {
    case (.bool, .float): site.convert(BoolToFloat())
    case (.int, .float): site.convert(IntToFloat())
    case (.decimal(_, let scale), .float): site.convert(DecimalToFloat(scale: scale), cost: 10)
    case (.bool, .decimal): site.convert(BoolToDecimal(result: site.target))
    case (.int, .decimal): site.convert(IntToDecimal(result: site.target))
    case (.float, .decimal): site.convert(FloatToDecimal(result: site.target), cost: 60)
    case (.decimal(_, let scale), .decimal):
      site.convert(DecimalToDecimal(scale: scale, result: site.target), cost: 4)
    default: nil
    }
  }
}
