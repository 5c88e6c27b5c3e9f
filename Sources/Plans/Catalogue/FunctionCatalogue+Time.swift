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

  /// Those that count dates.
  public static let dateUnits = ["day", "week", "month", "quarter", "year"]

  /// `of` is the part of 2026-01-31, and of 10:20:30 of that day.
  private static func part(
    _ name: String, of value: Int, _ documentation: String
  ) -> [FunctionSignature] {
    clockPart(name, of: value, documentation) + [
      FunctionSignature(
        name, [.value(.date)], .type(.int), documentation + " of a date.",
        "\(name)(date \"2026-01-31\") is \(value)")
    ]
  }

  private static func clockPart(
    _ name: String, of value: Int, _ documentation: String
  ) -> [FunctionSignature] {
    [
      FunctionSignature(
        name, [.value(.timestamp), .setting], optional: 1, .type(.int),
        documentation + " of a point in time, in UTC or a zone.",
        "\(name)(timestamp \"2026-01-31T10:20:30Z\") is \(value)")
    ]
  }

  private static let parts: [FunctionSignature] =
    part("year", of: 2026, "The year") + part("quarter", of: 1, "The quarter, 1 to 4,")
    + part("month", of: 1, "The month, 1 to 12,")
    + part("week", of: 5, "The week by ISO 8601, 1 to 53,")
    + part("day", of: 31, "The day of the month, 1 to 31,")
    + part("dayofyear", of: 31, "The day of the year")
    + part("dayofweek", of: 7, "The day of the week, Sunday 1 to Saturday 7,")
    + part("isodow", of: 6, "The day of the week, Monday 1 to Sunday 7,")
    + clockPart("hour", of: 10, "The hour, 0 to 23,")
    + clockPart("minute", of: 20, "The minute, 0 to 59,")
    + clockPart("second", of: 30, "The second, 0 to 59,")

  private static let cuts: [FunctionSignature] = [
    FunctionSignature(
      "date_trunc", [.choice(timeUnits), .value(.timestamp), .setting], optional: 1,
      .type(.timestamp),
      "The start of the unit that holds a point in time, in UTC or a zone; weeks start on Monday.",
      "date_trunc(\"hour\", timestamp \"2026-01-01T10:20:30Z\") is 2026-01-01T10:00:00Z"),
    FunctionSignature(
      "date_trunc", [.choice(dateUnits), .value(.date)], .type(.date),
      "The first day of the unit that holds a date.",
      "date_trunc(\"month\", date \"2026-02-10\") is 2026-02-01"),
    FunctionSignature(
      "timestampadd", [.choice(timeUnits), .value(.int), .value(.timestamp)], .type(.timestamp),
      fails: .overflow,
      "So many units later, in UTC; of months and years the day is cut to the month's last.",
      "timestampadd(\"month\", 1, timestamp \"2026-01-31\") is 2026-02-28T00:00:00Z"),
    FunctionSignature(
      "timestampadd", [.choice(dateUnits), .value(.int), .value(.date)], .type(.date),
      fails: .overflow,
      "So many units, of a day at least, behind a date.",
      "timestampadd(\"week\", 1, date \"2026-02-25\") is 2026-03-04"),
    FunctionSignature(
      "timestampdiff", [.choice(timeUnits), .value(.timestamp), .value(.timestamp)], .type(.int),
      "How many whole units from the second argument to the third, in UTC; negative backwards. A "
        + "month is whole when its day and time are reached, or the last day of a month without "
        + "that day: from 31 January to 28 February it is one.",
      "timestampdiff(\"day\", timestamp \"2026-01-01\", timestamp \"2026-01-03T01:00:00Z\") is 2"),
    FunctionSignature(
      "timestampdiff", [.choice(timeUnits), .value(.date), .value(.date)], .type(.int),
      "How many whole units from one date to another; negative backwards.",
      "timestampdiff(\"month\", date \"2026-01-31\", date \"2026-02-28\") is 1"),
  ]

  private static let formats: [FunctionSignature] = [
    FunctionSignature(
      "date_format", [.value(.timestamp), .setting, .setting], optional: 1,
      .type(.string), "As text by a pattern, in UTC or a zone.",
      "date_format(timestamp \"2026-01-02T00:00:00Z\", \"yyyy/MM/dd\") is \"2026/01/02\""),
    FunctionSignature(
      "date_format", [.value(.date), .setting], .type(.string), "As text by a pattern.",
      "date_format(date \"2026-01-02\", \"d.M.yy\") is \"2.1.26\""),
    FunctionSignature(
      "to_timestamp", [.value(.string), .setting, .setting], optional: 2,
      .type(.timestamp), nulls: .alwaysNullable,
      "Text by a pattern, in UTC or a zone; null if it can't be. Without one "
        + "`yyyy-MM-dd HH:mm:ss`, where the time may be missing and a fraction may follow.",
      "to_timestamp(\"2026-01-01 10:00:00\") is 2026-01-01T10:00:00Z"),
    FunctionSignature(
      "to_date", [.value(.string), .setting], optional: 1, .type(.date),
      nulls: .alwaysNullable, "Text by a pattern (`yyyy-MM-dd` without); null if it can't be.",
      "to_date(\"2026-01-01\") is 2026-01-01"),
    FunctionSignature(
      "convert_tz", [.value(.string), .setting, .setting], .type(.string),
      nulls: .alwaysNullable,
      "Text `yyyy-MM-dd HH:mm:ss` of one zone in another; null if it is none.",
      "convert_tz(\"2026-01-01 00:00:00\", \"UTC\", \"Asia/Tokyo\") is \"2026-01-01 09:00:00\""),
  ]

  private static let epochs: [FunctionSignature] = [
    FunctionSignature(
      "unix_timestamp", [.value(.timestamp)], .type(.int), "Whole seconds since 1970 UTC.",
      "unix_timestamp(timestamp \"1970-01-02T00:00:00Z\") is 86400"),
    FunctionSignature(
      "from_unixtime", [.value(.int), .setting, .setting], optional: 2, .type(.string),
      fails: .overflow,
      "Seconds since 1970 as text by a pattern (`yyyy-MM-dd HH:mm:ss` without), in UTC or a zone.",
      "from_unixtime(86400) is \"1970-01-02 00:00:00\""),
    FunctionSignature(
      "to_timestamp_ltz", [.value(.int), .constantInt], optional: 1, .type(.timestamp),
      fails: .overflow,
      "A number since 1970 as a point in time: seconds with 0, milliseconds with 3 (the default), "
        + "microseconds with 6.", "to_timestamp_ltz(1767225600, 0) is 2026-01-01T00:00:00Z"),
    FunctionSignature(
      "epoch_millis", [.value(.timestamp)], .type(.int), "Whole milliseconds since 1970 UTC.",
      "epoch_millis(timestamp \"1970-01-01T00:00:01Z\") is 1000"),
    FunctionSignature(
      "epoch_micros", [.value(.timestamp)], .type(.int), "Microseconds since 1970 UTC.",
      "epoch_micros(timestamp \"1970-01-01T00:00:01Z\") is 1000000"),
    FunctionSignature(
      "duration_millis", [.value(.duration)], .type(.int), "Whole milliseconds of a span.",
      "duration_millis(1m) is 60000"),
  ]
}
