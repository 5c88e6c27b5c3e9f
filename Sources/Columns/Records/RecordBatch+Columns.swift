package import Schemas

extension RecordBatch {
  /// The records' offsets as an `int` column. O(records).
  package func offsetColumn() -> Column {
    let column = Column(fixed: .int, rowCount: count)
    column.ints.update(from: offsets, count: count)
    return column
  }

  /// The records' timestamps; null where a record has none. O(records).
  package func timestampColumn() -> Column {
    var missing = 0
    for row in 0..<count { missing &+= timestamps[row] == .min ? 1 : 0 }
    let column = Column(fixed: .timestamp, rowCount: count, withValidity: missing > 0)
    column.ints.update(from: timestamps, count: count)
    if let validity = column.validity {
      for row in 0..<count { validity[row] = timestamps[row] == .min ? 0 : 1 }
    }
    return column
  }
}

extension OrderTag {
  /// The lane of a partition of the plan's `source`-th source.
  package static func lane(source: Int, partition: PartitionID) -> Int64 {
    var topic = partition.topic
    let hash = topic.withUTF8 { KeyHasher.hash(text: $0) }
    return lane(source: source, topicHash: hash, partition: partition.number)
  }
}
