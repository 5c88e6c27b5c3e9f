public import Schemas

/// A declared model: `model churn using onnx { … }`.
public struct ModelSpec: Hashable, Sendable, Codable {
  /// What the model takes: the name and type of the declaration, and the model's own name for it.
  public struct Input: Hashable, Sendable, Codable {
    public var field: Field
    public var source: String

    public init(_ field: Field, source: String? = nil) {
      self.field = field
      self.source = source ?? field.name
    }
  }

  /// What the model gives, likewise; `index` says which of several values a row.
  public struct Output: Hashable, Sendable, Codable {
    public var field: Field
    public var source: String
    public var index: Int?
    /// The only values that it may be; empty: any.
    public var allowed: [String]

    public init(
      _ field: Field, source: String? = nil, index: Int? = nil, allowed: [String] = []
    ) {
      self.field = field
      self.source = source ?? field.name
      self.index = index
      self.allowed = allowed
    }
  }

  /// One of several that answer: a file, or a model of a server.
  public struct Version: Hashable, Sendable, Codable {
    /// Nil where there is one file, and nobody named it.
    public var name: String?
    /// What is its own: a file's `path`; of a server's model what is otherwise than declared.
    public var options: [Option]
    /// Which part of the keys it answers, between 0 and 1.
    public var share: Double
    /// It runs over all rows, and its answers are only counted.
    public var isShadow: Bool

    public init(name: String?, options: [Option], share: Double = 1, isShadow: Bool = false) {
      self.name = name
      self.options = options
      self.share = share
      self.isShadow = isShadow
    }

    public init(name: String?, path: OptionValue, share: Double = 1, isShadow: Bool = false) {
      self.init(
        name: name, options: [Option(Self.path, path)], share: share, isShadow: isShadow)
    }

    private static let path = "path"

    /// Of a file.
    public var path: OptionValue {
      options.first { $0.name == Self.path }?.value ?? .string("")
    }
  }

  public var name: String
  /// `onnx`, `http`, `openai`
  public var kind: String
  public var inputs: [Input]
  public var outputs: [Output]
  /// The names of those that nobody reads, which were left out.
  public var unread: [String] = []
  /// Those that answer; of a remote model without any there is but the one that is declared.
  public var versions: [Version]
  /// Rows of one run at most.
  public var batch: Int
  /// Microseconds for which rows wait for a full batch; nil: none waits.
  public var within: Int64?
  public var threads: Int
  /// The columns whose values choose the version together, where there are several versions.
  public var sticky: [String]
  /// The column whose text names the version of a row, where something but `sticky` may choose.
  public var choice: String?
  /// What rows get of which the model failed; columns that it does not name are null.
  public var fallback: LookupPolicy.Fallback?
  /// The model that is asked for rows that have the fallback.
  public var next: String?
  /// A file that says how its outputs were spread once, which they are held against.
  public var baseline: OptionValue?
  /// How it is asked where a server runs it; nil: this process does.
  public var remote: RemoteModel?

  /// The batch where none is written: what a batch of the engine holds.
  public static let usualBatch = 4_096
  /// The column of an answer that names who gave it.
  public static let versionColumn = "version"
  /// What that column says where the fallback stands in.
  public static let fallbackVersion = "fallback"
  /// And where a test has given the answer.
  public static let givenVersion = "given"

  public init(
    name: String, kind: String, inputs: [Input], outputs: [Output], versions: [Version],
    batch: Int = ModelSpec.usualBatch, within: Int64? = nil, threads: Int = 1,
    sticky: [String] = [], fallback: LookupPolicy.Fallback? = nil
  ) {
    self.name = name
    self.kind = kind
    self.inputs = inputs
    self.outputs = outputs
    self.versions = versions
    self.batch = batch
    self.within = within
    self.threads = threads
    self.sticky = sticky
    self.fallback = fallback
  }

  /// Those among which keys are divided.
  public var answering: [Version] { versions.filter { !$0.isShadow } }

  /// Of the model: two models divide the same keys independently.
  public var salt: UInt64 { TextDigest.of("model \(name)") }

  /// The type of an answer's column; nil where there is none of that name.
  public func type(ofAnswer name: String) -> DataType? {
    if name == Self.versionColumn { return .string }
    return outputs.first { $0.field.name == name }?.field.type
  }
}

/// Adds a model's answers to each row: `infer churn(a, b) as c`.
public struct InferSpec: Hashable, Sendable, Codable {
  public var model: ModelSpec
  /// One for each of the model's inputs.
  public var arguments: [Expression]
  /// Whose value chooses the version; nil where there is one.
  public var sticky: Expression?
  /// Names the version of a row, or says nothing; nil where only `sticky` chooses.
  public var choice: Expression?
  /// Whose value has a budget of its own; nil where nothing does.
  public var payer: Expression?
  /// The added columns: the answer's name and the one it gets.
  public var columns: [EnrichedColumn]
  /// One after the other the models that are asked for rows that those before have no answer for.
  public var next: [InferSpec] = []

  public init(
    model: ModelSpec, arguments: [Expression], sticky: Expression?, payer: Expression? = nil,
    columns: [EnrichedColumn]
  ) {
    self.model = model
    self.arguments = arguments
    self.sticky = sticky
    self.payer = payer
    self.columns = columns
  }

  /// Of this model alone; what chooses the version stands last.
  public var ownInputs: [Expression] { arguments + [payer, sticky, choice].compactMap(\.self) }

  /// Of the models behind it too, in their order.
  public var inputs: [Expression] { ownInputs + next.flatMap(\.ownInputs) }

  public func mapExpressions(_ change: (Expression) -> Expression) -> InferSpec {
    var result = self
    result.arguments = arguments.map(change)
    result.sticky = sticky.map(change)
    result.choice = choice.map(change)
    result.payer = payer.map(change)
    result.next = next.map { $0.mapExpressions(change) }
    return result
  }

  /// As a test has it: nobody is asked, for it gives the answers of models elsewhere.
  public var given: InferSpec {
    var result = self
    result.next = next.map(\.given)
    guard model.remote != nil else { return result }
    result.model.remote?.isGiven = true
    (result.payer, result.sticky, result.choice) = (nil, nil, nil)
    (result.model.versions, result.model.sticky, result.model.choice) = ([], [], nil)
    return result
  }

  /// Without the answers that nobody reads. One stays: whether the model fails over a row is part
  /// of what the stage does. A model that is told in words what to answer is told all of it.
  public func keeping(_ needed: Set<String>) -> InferSpec {
    var result = self
    result.columns.removeAll { !needed.contains($0.name) }
    result.next = next.map { $0.keeping(needed) }
    if let remote = model.remote, remote.isPrompted || remote.isGiven { return result }
    let read = Set(result.columns.map(\.tableColumn))
    result.model.outputs.removeAll { !read.contains($0.field.name) }
    if result.model.outputs.isEmpty { result.model.outputs = Array(model.outputs.prefix(1)) }
    let kept = Set(result.model.outputs.map(\.field.name))
    result.model.unread += model.outputs.map(\.field.name).filter { !kept.contains($0) }
    result.model.fallback?.values.removeAll { !kept.contains($0.column) }
    return result
  }
}

/// `infer` whose arguments are columns of the input.
public struct PhysicalInference: Hashable, Sendable, Codable {
  /// Indexes `PhysicalPlan.models`.
  public var model: Int
  public var arguments: [String]
  public var sticky: String?
  public var choice: String?
  public var columns: [EnrichedColumn]

  public init(
    model: Int, arguments: [String], sticky: String?, choice: String? = nil,
    columns: [EnrichedColumn]
  ) {
    self.model = model
    self.arguments = arguments
    self.sticky = sticky
    self.choice = choice
    self.columns = columns
  }

  /// The columns of the input that it reads.
  public var read: [String] { arguments + [sticky, choice].compactMap(\.self) }
}
