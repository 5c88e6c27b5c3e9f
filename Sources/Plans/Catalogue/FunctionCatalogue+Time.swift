import Schemas

/// Functions of dates and points in time. A zone is an IANA name (`Europe/Madrid`) or an offset
/// (`+02:00`), UTC where it is left out. Patterns are Java's `DateTimeFormatter`.
extension FunctionCatalogue {
  static let time: [FunctionSignature] = parts + cuts + formats + epochs

  /// Units of time that functions take by name.
  public static let timeUnits = [
    "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter",
    "year",
  ]

  private static func part(_ name: String, _ documentation: String) -> [FunctionSignature] {
    [
      FunctionSignature(
        name, [.value(.timestamp), .constantText], optional: 1, .type(.int),
        documentation + " of a point in time, in UTC or a zone."),
      FunctionSignature(name, [.value(.date)], .type(.int), documentation + " of a date."),
    ]
  }

  private static func clockPart(_ name: String, _ documentation: String) -> [FunctionSignature] {
    [
      FunctionSignature(
        name, [.value(.timestamp), .constantText], optional: 1, .type(.int),
        documentation + " of a point in time, in UTC or a zone.")
    ]
  }

  private static let parts: [FunctionSignature] =
    part("year", "The year") + part("quarter", "The quarter, 1 to 4,")
    + part("month", "The month, 1 to 12,") + part("week", "The week by ISO 8601, 1 to 53,")
    + part("day", "The day of the month, 1 to 31,") + part("dayofyear", "The day of the year")
    + part("dayofweek", "The day of the week, Sunday 1 to Saturday 7,")
    + part("isodow", "The day of the week, Monday 1 to Sunday 7,")
    + clockPart("hour", "The hour, 0 to 23,") + clockPart("minute", "The minute, 0 to 59,")
    + clockPart("second", "The second, 0 to 59,")

  private static let cuts: [FunctionSignature] = [
    FunctionSignature(
      "date_trunc", [.choice(timeUnits), .value(.timestamp), .constantText], optional: 1,
      .type(.timestamp),
      "The start of the unit that holds a point in time, in UTC or a zone; weeks start on Monday.",
      "date_trunc(\"hour\", timestamp \"2026-01-01T10:20:30Z\") is 2026-01-01T10:00:00Z"),
    FunctionSignature(
      "timestampadd", [.choice(timeUnits), .value(.int), .value(.timestamp)], .type(.timestamp),
      fails: .overflow,
      "So many units later, in UTC; of months and years the day is cut to the month's last."),
    FunctionSignature(
      "timestampdiff", [.choice(timeUnits), .value(.timestamp), .value(.timestamp)], .type(.int),
      "How many whole units from the second argument to the third.",
      "timestampdiff(\"day\", a, a + 49h) is 2"),
  ]

  private static let formats: [FunctionSignature] = [
    FunctionSignature(
      "date_format", [.value(.timestamp), .constantText, .constantText], optional: 1,
      .type(.string), "As text by a pattern, in UTC or a zone.",
      "date_format(timestamp \"2026-01-02T00:00:00Z\", \"yyyy/MM/dd\") is \"2026/01/02\""),
    FunctionSignature(
      "date_format", [.value(.date), .constantText], .type(.string), "As text by a pattern."),
    FunctionSignature(
      "to_timestamp", [.value(.string), .constantText, .constantText], optional: 2,
      .type(.timestamp), nulls: .alwaysNullable,
      "Text by a pattern (`yyyy-MM-dd HH:mm:ss` without), in UTC or a zone; null if it can't be.",
      "to_timestamp(\"2026-01-01 10:00:00\") is 2026-01-01T10:00:00Z"),
    FunctionSignature(
      "to_date", [.value(.string), .constantText], optional: 1, .type(.date),
      nulls: .alwaysNullable, "Text by a pattern (`yyyy-MM-dd` without); null if it can't be.",
      "to_date(\"2026-01-01\") is 2026-01-01"),
    FunctionSignature(
      "convert_tz", [.value(.string), .constantText, .constantText], .type(.string),
      nulls: .alwaysNullable,
      "Text `yyyy-MM-dd HH:mm:ss` of one zone in another; null if it is none.",
      "convert_tz(\"2026-01-01 00:00:00\", \"UTC\", \"Asia/Tokyo\") is \"2026-01-01 09:00:00\""),
  ]

  private static let epochs: [FunctionSignature] = [
    FunctionSignature(
      "unix_timestamp", [.value(.timestamp)], .type(.int), "Whole seconds since 1970 UTC."),
    FunctionSignature(
      "from_unixtime", [.value(.int), .constantText], optional: 1, .type(.string),
      fails: .overflow,
      "Seconds since 1970 as text in UTC by a pattern (`yyyy-MM-dd HH:mm:ss` without)."),
    FunctionSignature(
      "to_timestamp_ltz", [.value(.int), .constantInt], optional: 1, .type(.timestamp),
      fails: .overflow,
      "A number since 1970 as a point in time: seconds with 0, milliseconds with 3 (the default), "
        + "microseconds with 6.", "to_timestamp_ltz(1767225600, 0) is 2026-01-01T00:00:00Z"),
    FunctionSignature(
      "epoch_millis", [.value(.timestamp)], .type(.int), "Whole milliseconds since 1970 UTC."),
    FunctionSignature(
      "epoch_micros", [.value(.timestamp)], .type(.int), "Microseconds since 1970 UTC."),
    FunctionSignature(
      "duration_millis", [.value(.duration)], .type(.int), "Whole milliseconds of a span."),
  ]
}
