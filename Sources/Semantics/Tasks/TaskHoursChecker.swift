import Diagnostics
import Plans
import Syntax

/// Reads when a task's calls may begin: `hours: "09:00" until "21:00" zone contact_zone`.
struct TaskHoursChecker {
  private static let day = 1440

  private let options: OptionChecker

  init(_ options: OptionChecker) { self.options = options }

  /// The zone's column is bound where the task is executed. Nil where there are none, or wrong
  /// ones, which was reported.
  func hours(_ block: OptionBlockSyntax) -> (spec: TaskSpec.Hours, zone: ExpressionSyntax)? {
    guard let option = block["hours"] else { return nil }
    guard let parts = parts(option.value) else {
      if !options.isReportedAlready(option.value) {
        options.definitions.log.report(
          OptionProblem.wrongValue(
            "hours", expected: "times of a day, as in `\"09:00\" until \"21:00\" zone city_zone`"),
          at: option.value.span)
      }
      return nil
    }
    let isWholeDay = parts.from == 0 && parts.until == Self.day
    if !isWholeDay, parts.from == parts.until % Self.day {
      options.definitions.log.report(TaskProblem.allHours, at: option.value.span)
      return nil
    }
    checkZone(parts.zone)
    return (TaskSpec.Hours(from: parts.from, until: parts.until, zone: ""), parts.zone)
  }

  private func parts(
    _ syntax: OptionValueSyntax
  ) -> (from: Int, until: Int, zone: ExpressionSyntax)? {
    guard case .qualified(let value, let qualifiers) = syntax.kind, qualifiers.count == 2,
      qualifiers.map(\.word.text) == ["until", "zone"],
      let end = qualifiers[0].value, let zone = qualifiers[1].value,
      let from = time(value), from < Self.day,
      let until = time(OptionValueSyntax(.expression(end), end.span))
    else { return nil }
    return (from, until, zone)
  }

  /// Minutes of the day: `"09:00"`, and `"24:00"` at its end.
  private func time(_ syntax: OptionValueSyntax) -> Int? {
    guard case .string(let text)? = options.plain(syntax) else { return nil }
    let digits = Array(text.utf8)
    guard digits.count == 5, digits[2] == UInt8(ascii: ":") else { return nil }
    let numbers = [0, 1, 3, 4].map { Int(digits[$0]) - 0x30 }
    guard numbers.allSatisfy({ (0...9).contains($0) }) else { return nil }
    let (hours, minutes) = (numbers[0] * 10 + numbers[1], numbers[2] * 10 + numbers[3])
    guard minutes < 60, hours * 60 + minutes <= Self.day else { return nil }
    return hours * 60 + minutes
  }

  /// One that is written out can be known to be none.
  private func checkZone(_ syntax: ExpressionSyntax) {
    guard case .text(let text) = syntax.kind, let name = text.constant else { return }
    options.definitions.checkZone(name, at: syntax.span)
  }
}
