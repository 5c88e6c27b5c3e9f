import Schemas

/// Functions of the calendar that make dates, count with them and name their parts.
extension FunctionCatalogue {
  static let calendar: [FunctionSignature] = makers + counting + names + conversions

  /// What `extract` can ask for.
  public static let extractParts = [
    "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter",
    "year", "isoyear", "dow", "isodow", "doy", "epoch", "decade", "century", "millennium",
  ]

  private static let makers: [FunctionSignature] = [
    FunctionSignature(
      "make_date", [.value(.int), .value(.int), .value(.int)], .type(.date),
      nulls: .alwaysNullable, "The date of year, month and day; null where there is none.",
      "make_date(2026, 2, 28) is 2026-02-28"),
    FunctionSignature(
      "make_timestamp", [.value(.date), .value(.duration), .setting], optional: 1,
      .type(.timestamp), nulls: .alwaysNullable,
      "The moment when clocks show that time of that date, in UTC or a zone; null out of range.",
      "make_timestamp(date \"2026-07-01\", 9h30m, \"Europe/Madrid\") is 2026-07-01T07:30:00Z"),
  ]

  private static let counting: [FunctionSignature] = [
    FunctionSignature(
      "date_add", [.value(.date), .value(.int)], .type(.date), fails: .overflow,
      "So many days later.", "date_add(date \"2026-02-28\", 1) is 2026-03-01"),
    FunctionSignature(
      "date_sub", [.value(.date), .value(.int)], .type(.date), fails: .overflow,
      "So many days earlier.", "date_sub(date \"2026-03-01\", 1) is 2026-02-28"),
    FunctionSignature(
      "datediff", [.value(.date), .value(.date)], .type(.int),
      "How many days the first date is behind the second.",
      "datediff(date \"2026-03-01\", date \"2026-02-28\") is 1"),
    FunctionSignature(
      "add_months", [.value(.date), .value(.int)], .type(.date), fails: .overflow,
      "So many months later; the day is cut to the month's last.",
      "add_months(date \"2026-01-31\", 1) is 2026-02-28"),
    FunctionSignature(
      "last_day", [.value(.date)], .type(.date), "The last day of the date's month.",
      "last_day(date \"2024-02-01\") is 2024-02-29"),
    FunctionSignature(
      "last_day", [.value(.timestamp), .setting], optional: 1, .type(.date),
      "The last day of the month, in UTC or a zone.",
      "last_day(timestamp \"2026-04-10T00:00:00Z\") is 2026-04-30"),
    FunctionSignature(
      "date_ceil", [.choice(timeUnits), .value(.timestamp), .setting], optional: 1,
      .type(.timestamp), fails: .overflow,
      "The first start of the unit that is not before a point in time, in UTC or a zone.",
      "date_ceil(\"hour\", timestamp \"2026-01-01T10:20:30Z\") is 2026-01-01T11:00:00Z"),
    FunctionSignature(
      "date_ceil", [.choice(dateUnits), .value(.date)], .type(.date), fails: .overflow,
      "The first start of the unit that is not before a date.",
      "date_ceil(\"month\", date \"2026-02-10\") is 2026-03-01"),
    FunctionSignature(
      "overlaps",
      [.value(.timestamp), .value(.timestamp), .value(.timestamp), .value(.timestamp)],
      .type(.bool), "Whether two spans, each from one end to the other, have a moment in common.",
      "overlaps(timestamp \"2026-01-01\", timestamp \"2026-01-03\", timestamp \"2026-01-02\", "
        + "timestamp \"2026-01-04\") is true"),
    overlaps(.duration, .duration, "The same of two spans that a start and a length tell."),
    overlaps(.duration, .timestamp, "The same where a length tells the first span."),
    overlaps(.timestamp, .duration, "The same where a length tells the second span."),
  ]

  private static func overlaps(
    _ first: DataType, _ second: DataType, _ documentation: String
  ) -> FunctionSignature {
    func end(_ type: DataType) -> String {
      type == .duration ? "36h" : "timestamp \"2026-01-03\""
    }
    return FunctionSignature(
      "overlaps", [.value(.timestamp), .value(first), .value(.timestamp), .value(second)],
      .type(.bool), documentation,
      "overlaps(timestamp \"2026-01-01\", \(end(first)), timestamp \"2026-01-02\", "
        + "\(end(second))) is true")
  }

  private static func dated(
    _ name: String, _ result: DataType, _ documentation: String, _ example: String
  ) -> [FunctionSignature] {
    [
      FunctionSignature(
        name, [.value(.timestamp), .setting], optional: 1, .type(result),
        documentation + " of a point in time, in UTC or a zone.",
        "\(name)(timestamp \"2026-01-01T00:00:00Z\") is \(example)"),
      FunctionSignature(
        name, [.value(.date)], .type(result), documentation + " of a date.",
        "\(name)(date \"2026-01-01\") is \(example)"),
    ]
  }

  private static let names: [FunctionSignature] =
    dated("dayname", .string, "The English name of the day", "\"Thursday\"")
    + dated("monthname", .string, "The English name of the month", "\"January\"")
    + [
      FunctionSignature(
        "extract", [.choice(extractParts), .value(.timestamp), .setting], optional: 1,
        .type(.int),
        "A part of a point in time, in UTC or a zone; `dow` is Sunday 0 to Saturday 6, "
          + "`millisecond` and `microsecond` are of the second.",
        "extract(\"doy\", timestamp \"2026-02-01T00:00:00Z\") is 32"),
      FunctionSignature(
        "extract", [.choice(extractParts), .value(.date)], .type(.int), "A part of a date.",
        "extract(\"decade\", date \"2026-02-01\") is 202"),
    ]

  private static let conversions: [FunctionSignature] = [
    FunctionSignature(
      "to_date", [.value(.timestamp), .setting], optional: 1, .type(.date),
      "The date that clocks show at a point in time, in UTC or a zone.",
      "to_date(timestamp \"2026-01-01T23:30:00Z\", \"Asia/Tokyo\") is 2026-01-02"),
    FunctionSignature(
      "unix_timestamp", [.value(.string), .setting, .setting], optional: 2,
      .type(.int), nulls: .alwaysNullable,
      "Text by a pattern (`yyyy-MM-dd HH:mm:ss` without), in UTC or a zone, as whole seconds since "
        + "1970; null if it can't be.", "unix_timestamp(\"1970-01-02 00:00:00\") is 86400"),
  ]
}
