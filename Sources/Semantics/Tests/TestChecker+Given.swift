import Diagnostics
import Plans
import Schemas
import Syntax

/// What the rows that are given to a source or table may say.
struct GivenColumns {
  /// As the type declares them.
  let declared: [DecodedColumn]
  /// What the records of a topic have besides their value: hidden columns `meta.…`.
  let record: [DecodedColumn]
  let eventTime: EventTimeSpec.Origin?
  /// Of a source that brings updates.
  let updates: SourceUpdates?
  /// The model whose answers they are.
  private(set) var model: ModelSpec?

  init(
    _ columns: [DecodedColumn], eventTime: EventTimeSpec.Origin? = nil,
    updates: SourceUpdates? = nil
  ) {
    self.updates = updates
    declared = columns.filter { !$0.field.isHidden }
    record = columns.filter(\.field.isHidden)
    self.eventTime = eventTime
  }

  /// What a test says of a model: its answers by its inputs.
  init(answersOf model: ModelSpec) {
    self.init(
      (model.inputs.map(\.field) + model.outputs.map(\.field)).map {
        DecodedColumn(field: $0, origin: .field($0.name))
      })
    self.model = model
  }

  /// Where a column of the type is called `meta`, the record's go by their whole names alone:
  /// `"meta.key": "a"`.
  var hasMeta: Bool { !record.isEmpty && !declared.contains { $0.field.name == "meta" } }
}

/// Rows that are given to sources and tables.
extension TestChecker {
  func given(
    _ reference: StreamReferenceSyntax, _ rows: [ObjectSyntax], _ step: TestStepSyntax
  ) -> TestRows? {
    guard let columns = givenColumns(reference) else { return nil }
    var values = rows.map { GivenRow($0, columns, reference.stream.text, self).checked() }
    var schema = Schema(columns.declared.map(\.field))
    if columns.model != nil {
      schema.fields.append(Field(ModelSpec.versionColumn, .string))
      for row in values.indices { values[row].values.append(.string(ModelSpec.givenVersion)) }
    }
    return TestRows(
      stream: columns.model?.givenName ?? reference.stream.text, schema: schema, rows: values,
      line: definitions.line(step.span))
  }

  private func givenColumns(_ reference: StreamReferenceSyntax) -> GivenColumns? {
    let name = reference.stream
    switch graph.declared[name.text] {
    case .source? where reference.path.count == 1:
      return columns(of: graph.stream(name).main)
    case .table(let declaration)? where reference.path.count == 1 && declaration.needs.isEmpty:
      switch graph.table(name)?.rows {
      case nil: return nil
      case .versions(let rows, _)?, .latest(let rows, _, _)?: return columns(of: rows)
      case .loaded(let node)?, .asked(let node)?:
        guard case .table(let spec) = graph.nodes[node].kind else { return nil }
        return GivenColumns(spec.decoding.columns)
      }
    case nil where reference.path.count == 1 && remoteModel(name) != nil:
      return remoteModel(name).map { GivenColumns(answersOf: $0) }
    default:
      let known = graph.order.map(\.text).filter {
        switch graph.declared[$0] {
        case .stream?: false
        case .table(let table)?: table.needs.isEmpty
        default: true
        }
      }
      let models = graph.models.filter { $0.value?.remote != nil }.keys.sorted()
      let text = definitions.text(reference.span)
      definitions.log.report(
        TestProblem.notGivable(text, known: known + models), at: reference.span)
      return nil
    }
  }

  /// One that a server runs; a test says what it answers.
  private func remoteModel(_ name: Identifier) -> ModelSpec? {
    guard let model = graph.models[name.text] ?? nil, model.remote != nil else { return nil }
    return model
  }

  /// Of a source.
  private func columns(of output: StreamOutput) -> GivenColumns? {
    guard !output.isUnknown, case .source(let spec) = graph.nodes[output.input.node].kind else {
      return nil
    }
    return GivenColumns(
      spec.decoding.columns, eventTime: spec.eventTime?.origin, updates: spec.updates)
  }
}

/// One given row: reports what is missing, unknown, said twice, or of another type.
private struct GivenRow {
  private let object: ObjectSyntax
  private let columns: GivenColumns
  private let stream: String
  private let checker: TestChecker
  private var values: [String: Literal] = [:]
  private var seen: [String: Span] = [:]

  init(
    _ object: ObjectSyntax, _ columns: GivenColumns, _ stream: String, _ checker: TestChecker
  ) {
    self.object = object
    self.columns = columns
    self.stream = stream
    self.checker = checker
  }

  consuming func checked() -> TestRow {
    for member in object.members {
      if member.name.text == "meta", columns.hasMeta, case .object(let record) = member.value.kind {
        take(record)
      } else {
        take(member, as: member.name.text, of: columns.declared.map(\.field.name))
      }
    }
    joinRecord()
    if let word = object.deletion, columns.updates == nil {
      checker.definitions.log.report(TestProblem.deletionOfNoUpdate(stream), at: word)
    }
    reportMissing()
    let record = values.filter { value in columns.record.contains { $0.field.name == value.key } }
    return TestRow(
      values: columns.declared.map { values[$0.field.name] ?? .null }, record: record,
      isDeletion: object.deletion != nil)
  }

  /// `meta: { timestamp: "…", headers: { tenant: "a" } }`
  private mutating func take(_ record: ObjectSyntax) {
    let names = columns.record.map { $0.field.name.dropFirst("meta.".count) }
    for member in record.members {
      guard member.name.text == "headers", case .object(let headers) = member.value.kind else {
        let known = names.filter { !$0.hasPrefix("headers.") }.map(String.init)
        take(member, as: "meta.\(member.name.text)", of: known)
        continue
      }
      for header in headers.members {
        let name = "meta.headers.\(header.name.text)"
        if columns.record.contains(where: { $0.field.name == name }) {
          take(header, as: name, of: [])
        } else {
          let read = names.filter { $0.hasPrefix("headers.") }.map { String($0.dropFirst(8)) }
          checker.definitions.log.report(
            TestProblem.unreadHeader(header.name.text, read: read), at: header.name.span)
        }
      }
    }
  }

  private mutating func take(_ member: ObjectSyntax.Member, as name: String, of known: [String]) {
    let span = member.name.span
    if let first = seen[name] {
      checker.definitions.log.report(
        NameProblem.columnTwice(member.name.text, first: first), at: span)
      return
    }
    seen[name] = span
    let column = (columns.declared + columns.record).first { $0.field.name == name }
    guard let column else {
      checker.definitions.log.report(
        NameProblem.unknownColumn(member.name.text, columns: known), at: span)
      return
    }
    values[name] = checker.value(member.value, column.field)
    hold(member.value, of: name)
  }

  /// An output is one of the texts that it may be, as an answer would be refused that is not.
  private func hold(_ value: ExpressionSyntax, of name: String) {
    let output = columns.model?.outputs.first { $0.field.name == name }
    guard let output, !output.allowed.isEmpty else { return }
    let items = if case .list(let items) = value.kind { items } else { [value] }
    for item in items {
      guard case .text(let literal) = item.kind, let text = literal.constant,
        !output.allowed.contains(text)
      else { continue }
      checker.definitions.log.report(
        TestProblem.neverAnswered(text, output: name, allowed: output.allowed), at: item.span)
    }
  }

  /// A column that comes `from meta.key` and the record's `meta.key` are one, whichever is said.
  private mutating func joinRecord() {
    for column in columns.declared {
      guard let name = column.origin.metaName else { continue }
      let field = column.field.name
      switch (seen[field], seen[name]) {
      case (let here?, let there?):
        let (first, second) = here.start < there.start ? (here, there) : (there, here)
        checker.definitions.log.report(
          TestProblem.saidTwice(field, record: name, first: first), at: second)
      case (let span?, nil):
        guard columns.record.contains(where: { $0.field.name == name }) else { continue }
        values[name] = values[field]
        seen[name] = span
      case (nil, let span?):
        values[field] = values[name]
        seen[field] = span
      case (nil, nil): continue
      }
    }
    // As producers have it that write an event at its own time.
    if case .column(let time)? = columns.eventTime, seen["meta.timestamp"] == nil {
      values["meta.timestamp"] = values[time]
    }
  }

  /// What deletes a row need not say more than its key.
  private func isNeeded(_ field: Field) -> Bool {
    guard object.deletion != nil, let updates = columns.updates, updates.keepsRows else {
      return true
    }
    return updates.key.contains(field.name)
  }

  private func reportMissing() {
    for column in columns.declared {
      let field = column.field
      if seen[field.name] == nil, !field.isNullable, field.type != .unknown, isNeeded(field) {
        checker.definitions.log.report(
          TestProblem.missingField(field.name, type: field.fieldType), at: object.span)
      }
    }
    if columns.eventTime == .recordTimestamp, seen["meta.timestamp"] == nil {
      checker.definitions.log.report(TestProblem.missingTimestamp(of: stream), at: object.span)
    }
  }
}
