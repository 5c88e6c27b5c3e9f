import Columns
import Connectors
import Plans
import Schemas

/// Makes JSON objects of a model's outputs the answer for rows, and looks whether they are what is
/// declared. One thread at a time uses it, but for what says otherwise.
final class ModelAnswers: @unchecked Sendable {
  private let place: String
  private let outputs: [ModelSpec.Output]
  private let decoder: AnswerDecoder
  private let schema: Schema
  /// No answer for any row.
  private let none: Batch

  /// `number`: of the model's version. `byPlace`: outputs stand in objects under their numbers
  /// (`member`), not their own names.
  init(_ model: ModelSpec, version number: Int?, byPlace: Bool) throws(ConnectorError) {
    outputs = model.outputs
    var table = TableSpec(
      name: model.name, keys: [], connector: ConnectorSpec(connector: model.kind, options: []),
      decoding: DecodingSpec(
        format: .json,
        columns: model.outputs.enumerated().map { place, output in
          DecodedColumn(
            field: output.field, origin: .field(byPlace ? Self.member(place) : output.source))
        }))
    (table.model, table.version) = (model, number)
    place = table.place
    decoder = try AnswerDecoder(table)
    schema = Schema(
      model.outputs.map(\.field) + [Field(ModelSpec.versionColumn, .string)])
    none = Batch(
      schema: schema,
      columns: schema.fields.map { ColumnBuilder($0.type, capacity: 1).finish() }, rowCount: 0)
  }

  /// What an output is called in an object that was put together: several may be of one tensor.
  static func member(_ place: Int) -> String { "o\(place)" }

  /// Rows of which none has an answer, and why. Any thread may call it.
  func unanswered(_ reasons: [Int: String] = [:]) -> LookupAnswer {
    LookupAnswer(rows: none, keys: [], unreadable: reasons)
  }

  /// Of each row of `inputs` its object.
  func answer(_ inputs: Batch, _ objects: [[UInt8]], version: String) -> LookupAnswer {
    var answer = decoder.answer(inputs, objects.map(Optional.some))
    for (place, output) in outputs.enumerated() where !output.allowed.isEmpty {
      hold(answer.rows.columns[place], against: output, &answer)
    }
    let names = ColumnBuilder(.string, capacity: max(answer.rows.rowCount, 1))
    // By its name rows are known for which something stands in.
    let version = version == ModelSpec.fallbackVersion ? "\(place) (\(version))" : version
    for _ in 0..<answer.rows.rowCount { names.append(string: version) }
    answer.rows = Batch(
      schema: schema, columns: answer.rows.columns + [names.finish()],
      rowCount: answer.rows.rowCount)
    let kept = answer.keys.indices.filter { answer.unreadable[answer.keys[$0]] == nil }
    if kept.count < answer.keys.count {
      answer.rows = answer.rows.gathered(rows: kept.map { UInt32(truncatingIfNeeded: $0) })
      answer.keys = kept.map { answer.keys[$0] }
    }
    return answer
  }

  /// Rows whose output is none of the texts that it may be are unreadable.
  private func hold(
    _ column: Column, against output: ModelSpec.Output, _ answer: inout LookupAnswer
  ) {
    for (row, key) in answer.keys.enumerated() where column.isValid(row) {
      let texts: [String]
      if case .list = column.type {
        let elements = column.elements(row)
        texts = (0..<elements.rowCount).filter { elements.isValid($0) }.map { elements.string($0) }
      } else {
        texts = [column.string(row)]
      }
      guard let wrong = texts.first(where: { !output.allowed.contains($0) }) else { continue }
      let shown = wrong.count > 40 ? "\(wrong.prefix(40))…" : wrong
      let allowed = output.allowed.map { "\"\($0)\"" }.joined(separator: ", ")
      answer.unreadable[key] =
        "\(place): `\(output.field.name)` is \"\(shown)\", and may be \(allowed)"
    }
  }
}
