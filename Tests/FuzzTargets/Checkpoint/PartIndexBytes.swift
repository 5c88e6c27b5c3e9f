/// The index of a part with one operator, one state and one block, as the format says.
struct PartIndexBytes {
  /// Columns of a state: flags (1: may be null) and type of each, by the format's tags.
  static let schemas: [[[UInt8]]] = [
    // bool, int, float, decimal(12, 2), timestamp, date, duration
    [[0, 1], [0, 2], [1, 3], [0, 4, 12, 2], [1, 7], [0, 8], [1, 9]],
    // string, bytes, json
    [[0, 5], [1, 6], [1, 10]],
    // list of int?, map of string
    [[0, 11, 1, 2], [1, 12, 0, 5]],
    // { a: string, b: list of float? }?
    [[1, 13, 2, 0, 0, 0, 1, 0, 0, 0, 97, 0, 5, 1, 0, 0, 0, 98, 0, 11, 1, 3]],
    [],
  ]

  private(set) var bytes: [UInt8] = []

  /// `size`: of the block, which is the first thing of the part.
  init(schema: [[UInt8]], size: Int, rows: UInt64) {
    put("p")
    put("l")
    FuzzCheckpoint.put(UInt64(1), &bytes)  // epoch
    FuzzCheckpoint.put(UInt64(1), &bytes)  // incarnation
    put(count: 0)  // worker
    put(count: 1)  // workers
    put(count: 1)  // operators
    put("o")
    bytes.append(0)  // no delta
    put(count: 1)  // states
    put("s")
    bytes.append(3)  // owned by the operator
    put(count: schema.count)
    for (index, column) in schema.enumerated() {
      put("c\(index)")
      bytes += column
    }
    put(count: 0)  // key columns
    put(count: 1)  // version
    put("")  // parameters
    put(count: 1)  // blocks
    put(count: 0)  // of that operator
    put(count: 0)  // and that state
    bytes.append(0)  // for nobody in particular
    FuzzCheckpoint.put(UInt64(8), &bytes)
    FuzzCheckpoint.put(UInt64(size), &bytes)
    FuzzCheckpoint.put(rows, &bytes)
  }

  private mutating func put(_ text: String) {
    put(count: text.utf8.count)
    bytes += text.utf8
  }

  private mutating func put(count: Int) {
    FuzzCheckpoint.put(UInt32(truncatingIfNeeded: count), &bytes)
  }
}
