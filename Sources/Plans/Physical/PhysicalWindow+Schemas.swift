public import Schemas

extension PhysicalWindow {
  /// What the local phase puts out and the global phase takes in: the keys, `window_start` (of the
  /// slice, where windows overlap), for overlapping windows `window_from`, and each aggregate's
  /// partial state.
  ///
  /// `window_from` is null for nearly all rows; else rows behind their partition's watermark came
  /// too late for the windows that start before it.
  public var partialSchema: Schema {
    var fields = keys + [Field("window_start", .timestamp)]
    if kind.overlaps { fields.append(Field("window_from", .timestamp, nullable: true)) }
    for aggregate in aggregates {
      for part in aggregate.partialFields {
        fields.append(Field("\(aggregate.name).\(part.name)", part.fieldType))
      }
    }
    return Schema(fields)
  }

  /// What the global phase puts out: the keys, `window_start`, `window_end` and the aggregates;
  /// those that are parts of a column are hidden.
  public var resultSchema: Schema {
    let bounds = [Field("window_start", .timestamp), Field("window_end", .timestamp)]
    let values = aggregates.map { Field($0.name, $0.fieldType, hidden: $0.name != $0.result) }
    return Schema(keys + bounds + values)
  }
}

extension PhysicalWindow.Aggregate {
  /// The types of the arguments that are columns.
  public var columnTypes: [DataType] {
    arguments.compactMap { if case .column(let field) = $0 { field.type } else { nil } }
  }

  /// The partial state's columns, named by part.
  public var partialFields: [Field] {
    PartialState.fields(function: function, arguments: columnTypes)
  }
}

extension WindowSpec.Kind {
  /// Whether a row may be in several windows.
  public var overlaps: Bool {
    switch self {
    case .hopping, .cumulative: true
    case .tumbling, .session, .count: false
    }
  }
}
