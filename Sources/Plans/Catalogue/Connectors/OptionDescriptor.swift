/// One option of a connector or a block, so that `check` can say what is wrong with it.
public struct OptionDescriptor: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Text, also from `env` or put together.
    case text
    /// Text that may also be `secret`.
    case secretText
    /// One text or a list of texts.
    case textOrList
    /// A regular expression.
    case pattern
    case bool
    case int(ClosedRange<Int64>)
    /// No shorter than that many microseconds: 0, or 1 for one above zero.
    case duration(atLeast: Int64)
    /// A bare word, one of these.
    case word([String])
    /// A number of rows, perhaps `within` a duration: `64 within 2ms`.
    case batching
    /// A number, whole or not.
    case number(ClosedRange<Double>)
    /// Tokens in a time: `1M tokens/h per tenant`.
    case budget
    /// A share above zero: `50%`.
    case share
    /// `exponential(200ms, max: 1m)`, or one duration.
    case backoff
    /// A duration, or a block with these options.
    case durationOrBlock([OptionDescriptor])
    /// One number or a list of numbers.
    case intOrList(ClosedRange<Int64>)
    /// A text with key columns in it.
    case template
    /// A text with key columns in it, or a block that is written as JSON.
    case jsonTemplate
    /// A block of texts with columns in them.
    case textTemplates
    /// A text with columns in it, or a list of these.
    case templates
    /// A text with columns in it that stays a text, or a block that is written as JSON.
    case textOrBlock
    /// HTML with columns in it.
    case markup
    /// An expression over the row.
    case value
    /// `500/s`, `500/s per tenant burst 50`, or a list of these.
    case rates
    /// `200`, `50 per tenant`, or a list of these.
    case concurrencies
    /// Ends of calls: `429`, `"5xx"`, `timeout`, or a list of these.
    case outcomes
    /// `"09:00" until "21:00" zone contact_zone`.
    case hours
    /// The name of a header, or nothing.
    case headerName
    /// A block of columns and constants, or `nulls`.
    case constants
    /// A block of names and types.
    case fields
    /// A block of names, each with a block.
    case versions
    /// A word, a point in time (`start: timestamp "…"`) or offsets by partition.
    case start([String])
    /// A block with these options.
    case block([OptionDescriptor])
    /// `true`, `false` or a block with these options.
    case switchOrBlock([OptionDescriptor])
    /// A block with any names.
    case freeBlock
    /// Columns of the stream: one name or a list.
    case columns
    /// A block of names and expressions over the row.
    case expressions
    /// A bool expression over the row.
    case condition
    /// A column, `meta.timestamp` or `arrival`.
    case eventTime
    /// `fail`, `skip` or `dead_letter to …`.
    case errorRoute
  }

  public var name: String
  public var kind: Kind
  public var isRequired: Bool
  /// What holds where the option is not written, in the reference's words.
  public var fallback: String?
  public var documentation: String
  /// The formats that it is for; nil: all.
  public var formats: [String]?
  /// Known, but comes in a later version.
  public var isLater: Bool

  public init(
    _ name: String, _ kind: Kind, required: Bool = false, fallback: String? = nil,
    later: Bool = false, formats: [String]? = nil, _ documentation: String
  ) {
    self.name = name
    self.kind = kind
    self.isRequired = required
    self.fallback = fallback
    self.documentation = documentation
    self.isLater = later
    self.formats = formats
  }
}

/// A connector and what its blocks may hold.
public struct ConnectorDescriptor: Sendable {
  public enum Role: String, Hashable, Sendable, CaseIterable {
    case source, table, sink
    case deadLetter = "dead letter"
  }

  public var name: String
  public var documentation: String
  /// The connector's own options in each role it can play.
  public var options: [Role: [OptionDescriptor]]
  /// The formats it reads or writes in a role; empty: rows need none.
  public var formats: [Role: [String]]
  /// Whether records have their own timestamp, so that `event_time: meta.timestamp` works.
  public var hasRecordTimestamp: Bool
  /// Whether its tables stay where they are and are asked, where those of others are read whole.
  public var isAsked: Bool
  /// Options of a table of which exactly one must be there.
  public var exactlyOne: [String]

  public init(
    _ name: String, _ documentation: String, options: [Role: [OptionDescriptor]],
    formats: [Role: [String]], hasRecordTimestamp: Bool = false, isAsked: Bool = false,
    exactlyOne: [String] = []
  ) {
    self.name = name
    self.documentation = documentation
    self.options = options
    self.formats = formats
    self.hasRecordTimestamp = hasRecordTimestamp
    self.isAsked = isAsked
    self.exactlyOne = exactlyOne
  }

  public func plays(_ role: Role) -> Bool { options[role] != nil }
}
