import Plans
import Schemas

extension JobDefinition.Steering {
  /// The columns that a job's row has beside its key.
  static let columns: [Field] = [
    Field("state", .string), Field("rate", .float, nullable: true),
    Field("task", .string, nullable: true), Field("file", .string, nullable: true),
    Field("rows", .int, nullable: true), Field("submitted_at", .timestamp, nullable: true),
    Field("changed_at", .timestamp, nullable: true),
  ]

  /// The table that a stage is steered by, which must be one that jobs can be written to.
  init(_ plan: LogicalPlan, _ spec: ExecuteSpec, _ place: String) throws(JobError) {
    guard let name = spec.steering?.table,
      let table = plan.nodes.lazy.compactMap({ node -> SourceSpec? in
        guard case .source(let source) = node.kind, source.name == name else { return nil }
        return source
      }).first,
      table.connector.connector == "kafka", table.decoding.format == .json,
      let key = spec.steering?.tableKey
    else {
      throw JobError(
        "\(place): the table that steers it must be a topic of Kafka, of JSON, for jobs to be"
          + " written to")
    }
    self.init(table: table, key: key, isRequired: spec.steering?.isRequired ?? false)
    try refuseOtherColumns()
  }

  /// A row that lacks what the table's rows must have would be passed over, and the job go on.
  private func refuseOtherColumns() throws(JobError) {
    for column in table.decoding.columns {
      guard case .field(let name) = column.origin else { continue }
      if column.field.name == key {
        guard name == key, column.field.type == .string else {
          throw JobError("\(table.place): its key `\(key)` must be a `string` of that name")
        }
      } else if let known = Self.columns.first(where: { $0.name == name }) {
        guard column.field.type == known.type, known.isNullable == column.field.isNullable,
          column.timeFormat == .standard
        else {
          throw JobError(
            "\(table.place): `\(name)` must be `\(known.fieldType)`, as jobs are written")
        }
      } else if !column.field.isNullable {
        let all = Self.columns.map { "`\($0)`" }.joined(separator: ", ")
        throw JobError(
          "\(table.place): `\(name)` is no column of jobs, so it must be one that may be null;"
            + " those that are written are \(all)")
      }
    }
  }
}
