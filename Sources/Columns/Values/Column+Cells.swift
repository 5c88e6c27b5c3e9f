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
