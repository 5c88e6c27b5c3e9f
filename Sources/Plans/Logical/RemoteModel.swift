import Schemas

/// A model that a server runs: a table whose keys are the inputs, and which is asked.
public struct RemoteModel: Hashable, Sendable, Codable {
  /// Those of its client.
  public var options: [Option]
  public var policy: LookupPolicy
  /// What its calls may use; nil: as much as they do.
  public var budget: TokenBudget?
  /// Whether it is told in words what to answer.
  public var isPrompted: Bool
  /// Whether nobody is asked, for a test gives its answers as rows of a table.
  public var isGiven = false

  public init(
    options: [Option] = [], policy: LookupPolicy = LookupPolicy(), budget: TokenBudget? = nil,
    isPrompted: Bool = false
  ) {
    self.options = options
    self.policy = policy
    self.budget = budget
    self.isPrompted = isPrompted
  }
}

extension RemoteModel {
  /// What may be a secret of the declared server, which no other one is told.
  private static let credentials = ["key", "headers"]

  /// A version's options, and those that are declared for all.
  fileprivate func options(of version: ModelSpec.Version) -> [Option] {
    let own = Set(version.options.map(\.name))
    return version.options
      + options.filter { option in
        !own.contains(option.name)
          && !(own.contains("url") && Self.credentials.contains(option.name))
      }
  }
}

/// How many tokens a model may read and write: `1000000 tokens/h per tenant`.
public struct TokenBudget: Hashable, Sendable, Codable {
  public var tokens: Int64
  /// In so many microseconds.
  public var span: Int64
  /// The column each of whose values has a budget of its own.
  public var column: String?

  public init(tokens: Int64, span: Int64, column: String? = nil) {
    self.tokens = tokens
    self.span = span
    self.column = column
  }
}

extension ModelSpec {
  /// The key that says whose budget is used, behind the inputs.
  public static let payerColumn = "$payer"

  /// What connectors of remote models are called: no table's.
  public static func connector(ofKind kind: String) -> String { "model \(kind)" }

  /// The tables that a stage asks, one for each version, or the one that is declared.
  public func tables(_ remote: RemoteModel, hasPayer: Bool) -> [TableSpec] {
    let table = table(remote, hasPayer: hasPayer)
    guard !versions.isEmpty else { return [table] }
    return versions.enumerated().map { number, version in
      var own = table
      own.version = number
      own.connector.options = remote.options(of: version)
      return own
    }
  }

  /// With the columns that it answers: outputs and version.
  private func table(_ remote: RemoteModel, hasPayer: Bool) -> TableSpec {
    var policy = remote.policy
    policy.fallback = fallback
    policy.fallback?.values.append(
      LookupPolicy.Fallback.Value(
        column: Self.versionColumn, value: .string(Self.fallbackVersion)))
    let columns = outputs.map { DecodedColumn(field: $0.field, origin: .field($0.source)) }
    let version = DecodedColumn(
      field: Field(Self.versionColumn, .string), origin: .field(Self.versionColumn))
    var table = TableSpec(
      name: name, keys: inputs.map(\.field.name) + (hasPayer ? [Self.payerColumn] : []),
      connector: ConnectorSpec(
        connector: Self.connector(ofKind: kind), options: remote.options),
      decoding: DecodingSpec(format: .json, columns: columns + [version]), lookup: policy)
    table.model = self
    return table
  }

  /// Of that table: no source or table is called so.
  public var givenName: String { "model \(name)" }

  /// The table of answers that a test gives.
  public func givenTable(_ memory: ConnectorSpec) -> TableSpec {
    let fields =
      inputs.map(\.field) + outputs.map(\.field) + [Field(Self.versionColumn, .string)]
    return TableSpec(
      name: givenName, keys: inputs.map(\.field.name), connector: memory,
      decoding: DecodingSpec(
        format: .json, columns: fields.map { DecodedColumn(field: $0, origin: .field($0.name)) }))
  }
}

extension TableSpec {
  /// The model's version that it is.
  private var ownVersion: ModelSpec.Version? {
    guard let version, let versions = model?.versions, versions.indices.contains(version) else {
      return nil
    }
    return versions[version]
  }

  /// What it is called.
  public var versionName: String? { ownVersion?.name }

  /// Whether its answers are only counted.
  public var isShadow: Bool { ownVersion?.isShadow ?? false }

  /// Whether rows have something else where it gives no answer, or do not wait for it.
  public var hasStandIn: Bool { lookup?.fallback != nil || isShadow }
}
