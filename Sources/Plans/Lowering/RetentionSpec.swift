import Schemas

/// How many of the users that came first in a period come again in each later one.
///
/// The checker makes steps of it that are there already: `RetentionSteps`.
public struct RetentionSpec: Hashable, Sendable {
  /// Each cohort has so many rows, and one more.
  public static let mostPeriods: Int64 = 1_000
  /// The columns of its rows behind those that cohorts are told apart by.
  public static let columns = ["cohort", "period", "window_end", "users", "size", "rate"]

  /// Microseconds.
  public var period: Int64
  /// How periods are shifted and whose clock they follow, as of a window.
  public var offset: Int64
  public var zone: String?
  /// What tells users apart.
  public var users: [Expression]
  /// What of a user's first event tells cohorts apart.
  public var groups: [NamedExpression]
  /// The last period that is looked at, from 0.
  public var periods: Int64

  public init(
    period: Int64, offset: Int64, zone: String?, users: [Expression], groups: [NamedExpression],
    periods: Int64
  ) {
    self.period = period
    self.offset = offset
    self.zone = zone
    self.users = users
    self.groups = groups
    self.periods = periods
  }
}
