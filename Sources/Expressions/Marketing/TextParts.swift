import Columns

/// A struct whose fields are each made of the same text.
struct TextParts: TextFunction {
  private let bodies: [TextMapping.Body]
  private let layout: StructLayout
  /// A row's fields, one behind the other, before they are put into the struct.
  private let scratch = ByteBuffer()
  private var texts: TextReader?

  /// A body writes its field as it lies in a struct; false for null.
  init(_ bodies: [TextMapping.Body], _ layout: StructLayout) {
    self.bodies = bodies
    self.layout = layout
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    scratch.removeAll()
    var places: [Range<Int>?] = []
    places.reserveCapacity(bodies.count)
    for body in bodies {
      let start = scratch.count
      if body(texts[row], scratch) {
        places.append(start..<scratch.count)
      } else {
        scratch.truncate(to: start)
        places.append(nil)
      }
    }
    // The buffer stays where it is from here on.
    let written = scratch.bytes
    let fields = places.map { $0.map { UnsafeBufferPointer(rebasing: written[$0]) } }
    NestedWriter.structure(fields, layout, to: buffer)
    return true
  }
}
