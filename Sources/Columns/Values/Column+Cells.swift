import Schemas

/// One value at a time, for cold paths: tests, messages, tables on a screen. Kernels take pointers.
extension Column {
  package func bool(_ row: Int) -> Bool { bools[row] != 0 }
  package func int(_ row: Int) -> Int64 { ints[row] }
  package func float(_ row: Int) -> Double { floats[row] }
  package func decimal(_ row: Int) -> Int128 { decimals[row] }
  package func string(_ row: Int) -> String { String(decoding: text(row), as: UTF8.self) }

  /// Where the value of a row that has one lies: here, or in the dictionary.
  package func entry(_ row: Int) -> (column: Column, row: Int) {
    guard let dictionary else { return (self, row) }
    return (dictionary, Int(codes[row]))
  }
}

extension Column {
  /// The values of a plain column of numbers or bools, which are 0 and 1, without its nulls; nil of
  /// another type.
  package var knownNumbers: [Double]? {
    let rows = (0..<rowCount).filter { isValid($0) }
    switch type {
    case .float: return knownFloats
    case .int: return rows.map { Double(int($0)) }
    case .bool: return rows.map { bool($0) ? 1 : 0 }
    default: return nil
    }
  }

  /// A row's value as a number; nil where it is null, or none.
  package func number(_ row: Int) -> Double? {
    guard isValid(row) else { return nil }
    switch type {
    case .float: return float(row)
    case .int: return Double(int(row))
    case .bool: return bool(row) ? 1 : 0
    default: return nil
    }
  }

  /// The values of a `float` column without its nulls.
  package var knownFloats: [Double] {
    precondition(type == .float && !isDictionary, "these are no floats")
    let values = floats
    guard let validity else { return (0..<rowCount).map { values[$0] } }
    return (0..<rowCount).compactMap { validity[$0] != 0 ? values[$0] : nil }
  }
}
