import Schemas

extension Column {
  /// A column of few texts, which each row names by its number. At least one text is there.
  package static func naming(_ texts: [String], by numbers: [UInt32]) -> Column {
    let builder = ColumnBuilder(.string, capacity: texts.count)
    for text in texts { builder.append(string: text) }
    let column = Column(dictionary: builder.finish(), rowCount: numbers.count)
    let codes = column.codes
    for (row, number) in numbers.enumerated() { codes[row] = number }
    return column
  }
}
