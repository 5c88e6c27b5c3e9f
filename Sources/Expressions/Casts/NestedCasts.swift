import Columns
import Formats
import Schemas

/// Casts of lists, maps and structs to and from JSON, which is read and written as sources and
/// sinks do it.
enum NestedCasts {
  /// nil where neither side is nested.
  static func bind(_ site: Casts.Site, _ source: DataType) throws(BindingError) -> Evaluator? {
    switch (source, site.target) {
    case (.string, let target) where target.isNested, (.json, let target) where target.isNested:
      do {
        return TextCall(
          JSONToNested(try NestedReading(target), target, isTry: site.isTry), target,
          [site.argument], canFail: site.canFail, cost: 200)
      } catch {
        throw .noCast(from: source, to: target)
      }
    case (let source, .string) where source.isNested, (let source, .json) where source.isNested:
      return TextCall(
        NestedToJSON(NestedText(source), site.target, isTry: site.isTry), site.target,
        [site.argument], canFail: site.canFail, cost: 100)
    case (let source, let target) where source.isNested && source.fits(into: target):
      return TextCall(CheckedCopy(check: .none, site), target, [site.argument])
    default: return nil
    }
  }
}

private struct JSONToNested: TextFunction {
  private let reading: NestedReading
  private let target: DataType
  private let isTry: Bool
  private var texts: TextReader?

  init(_ reading: NestedReading, _ target: DataType, isTry: Bool) {
    self.reading = reading
    self.target = target
    self.isTry = isTry
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    guard let fault = reading.read(document: texts[row], to: buffer) else { return true }
    if !isTry {
      frame.fail(
        row, .document(value: texts[row].excerpt, to: target, reason: fault.message))
    }
    return false
  }
}

private struct NestedToJSON: TextFunction {
  private let text: NestedText
  private let target: DataType
  private let isTry: Bool
  private var texts: TextReader?

  init(_ text: NestedText, _ target: DataType, isTry: Bool) {
    self.text = text
    self.target = target
    self.isTry = isTry
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    guard let reason = text.write(texts[row], to: buffer) else { return true }
    if !isTry { frame.fail(row, .cast(value: reason, to: target)) }
    return false
  }
}
