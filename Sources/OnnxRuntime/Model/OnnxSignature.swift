import Schemas

/// What a model takes and gives, as it says itself.
package struct OnnxSignature: Equatable, Sendable {
  package var inputs: [OnnxPort]
  package var outputs: [OnnxPort]

  package func output(named name: String) -> OnnxPort? { outputs.first { $0.name == name } }
}

/// One input or output of a model.
package struct OnnxPort: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case tensor(OnnxElement, [OnnxDimension])
    /// In the words of a message: a sequence, a map.
    case other(String)
  }

  package var name: String
  package var kind: Kind

  package init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  var element: OnnxElement? {
    if case .tensor(let element, _) = kind { return element }
    return nil
  }

  /// Empty for a scalar and where the model does not say it, which the library tells not apart.
  var shape: [OnnxDimension] {
    if case .tensor(_, let shape) = kind { return shape }
    return []
  }

  /// How many rows a batch must have, if the model fixes it.
  var fixedBatch: Int? {
    if case .fixed(let size)? = shape.first { return size }
    return nil
  }

  /// Values a row, if the model fixes it.
  var fixedWidth: Int? {
    guard shape.count == 2 else { return shape.count == 1 ? 1 : nil }
    if case .fixed(let size) = shape[1] { return size }
    return nil
  }
}

/// The size of a tensor in one direction.
package enum OnnxDimension: Equatable, Sendable {
  case fixed(Int)
  /// Any size, with the name that the model gives it, if any.
  case symbolic(String)
}

/// The type of a tensor's elements; the numbers are the library's.
package enum OnnxElement: Int32, Sendable, CaseIterable {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case string = 8
  case bool = 9
  case float16 = 10
  case float64 = 11
  case uint32 = 12
  case uint64 = 13
  case complex64 = 14
  case complex128 = 15
  case bfloat16 = 16
  /// One of the narrow types of newer releases.
  case unknown = 0

  init(number: Int32) { self = OnnxElement(rawValue: number) ?? .unknown }

  /// The type of a column with its values; nil where there is none.
  var declared: DataType? {
    switch self {
    case .float32, .float64: .float
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: .int
    case .bool: .bool
    case .string: .string
    case .float16, .bfloat16, .complex64, .complex128, .unknown: nil
    }
  }

  /// Bytes of a value; 0 for texts, which lie elsewhere, and what is not read.
  var width: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    default: 0
    }
  }

  /// Whether values of a column's type can be given for it.
  func takes(_ type: DataType) -> Bool {
    type == declared || declared == .float && type == .int
  }

  var advice: String {
    switch declared {
    case .float?: "give a float or an int, by a cast (`x as float`) where it is neither"
    case .int?: "give an int, by a cast (`x as int`) where it is none"
    case .bool?: "give a bool"
    case .string?: "give a string, by a cast (`x as string`) where it is none"
    default: "\(self) cannot be given: export it with inputs of float, int64, bool or string"
    }
  }
}

extension OnnxPort: CustomStringConvertible {
  /// `probabilities`: float32[batch, 2].
  package var description: String {
    switch kind {
    case .tensor(let element, let shape): "`\(name)`: \(element)\(Self.text(shape))"
    case .other(let words): "`\(name)`: \(words)"
    }
  }

  private static func text(_ shape: [OnnxDimension]) -> String {
    "[" + shape.map { "\($0)" }.joined(separator: ", ") + "]"
  }
}

extension OnnxDimension: CustomStringConvertible {
  package var description: String {
    switch self {
    case .fixed(let size): "\(size)"
    case .symbolic(let name): name.isEmpty ? "?" : name
    }
  }
}
