import CPCRE2
import Columns

/// A compiled regular expression (PCRE2, just-in-time compiled). Belongs to one thread.
///
/// A search is bounded in steps, so that no pattern can stop the pipeline on a text.
final class RegularExpression {
  /// As the author wrote it.
  let pattern: String
  private let code: OpaquePointer
  private let matchData: OpaquePointer
  private let context: OpaquePointer
  private let stack: OpaquePointer?

  init(_ pattern: String, writtenAs original: String? = nil) throws(BindingError) {
    self.pattern = original ?? pattern
    var error: Int32 = 0
    var offset = 0
    let bytes = Array(pattern.utf8)
    // Text that is no UTF-8 cannot crash a search; those parts match nothing.
    let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF)
    guard
      let code = pcre2_compile_8(bytes, bytes.count, options, &error, &offset, nil),
      let matchData = pcre2_match_data_create_from_pattern_8(code, nil),
      let context = pcre2_match_context_create_8(nil)
    else { throw .badPattern(pattern, reason: Self.message(error), offset: offset) }
    pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    pcre2_set_match_limit_8(context, Limits.patternSteps)
    stack = pcre2_jit_stack_create_8(32 << 10, 1 << 20, nil)
    if let stack { pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack)) }
    self.code = code
    self.matchData = matchData
    self.context = context
  }

  deinit {
    pcre2_match_data_free_8(matchData)
    pcre2_match_context_free_8(context)
    if let stack { pcre2_jit_stack_free_8(stack) }
    pcre2_code_free_8(code)
  }

  private static func message(_ error: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
    return String(decoding: buffer.prefix(Int(max(0, count))), as: UTF8.self)
  }

  /// How many groups the pattern has.
  var groupCount: Int {
    var count: UInt32 = 0
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
    return Int(count)
  }

  enum Outcome { case found, missing, exhausted }

  /// Searches from a byte on; `group` then tells where.
  func search(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int = 0, notEmptyAtStart: Bool = false
  ) -> Outcome {
    let options =
      notEmptyAtStart ? UInt32(PCRE2_NOTEMPTY_ATSTART) | UInt32(PCRE2_ANCHORED) : 0
    var empty: UInt8 = 0
    let result = withUnsafePointer(to: &empty) { nothing in
      pcre2_match_8(
        code, text.baseAddress ?? nothing, text.count, start, options, matchData, context)
    }
    if result >= 0 { return .found }
    return result == PCRE2_ERROR_NOMATCH ? .missing : .exhausted
  }

  /// Tells each match, one behind the other; `group` then tells where its groups lie. False where a
  /// search took too many steps.
  func each(in text: UnsafeBufferPointer<UInt8>, _ take: () -> Void) -> Bool {
    var at = 0
    while at <= text.count {
      switch search(text, from: at) {
      case .missing: return true
      case .exhausted: return false
      case .found:
        guard let range = group(0) else { return true }
        take()
        at = range.upperBound
        // Behind an empty match the search goes on by a code point.
        if range.isEmpty { at += at < text.count ? CodePoints.decode(text, at: at).count : 1 }
      }
    }
    return true
  }

  /// Where a group of the last match lies; nil where it took no part.
  func group(_ number: Int) -> Range<Int>? {
    guard number <= groupCount else { return nil }
    let ends = pcre2_get_ovector_pointer_8(matchData)
    // An unset group's ends are all ones; `\K` can put a start behind its end.
    guard let ends, let start = Int(exactly: ends[2 * number]),
      let end = Int(exactly: ends[2 * number + 1]), start >= 0, start <= end
    else { return nil }
    return start..<end
  }
}

/// `matches`: whether the expression is found anywhere.
struct Matching: ValueFunction {
  private let expression: RegularExpression
  private var texts: TextReader?

  init(_ expression: RegularExpression) { self.expression = expression }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> UInt8? {
    guard let texts else { return nil }
    switch expression.search(texts[row]) {
    case .found: return 1
    case .missing: return 0
    case .exhausted:
      frame.fail(row, .patternLimit(pattern: expression.pattern))
      return nil
    }
  }
}

/// `regexp_extract`: what a group of the first match holds.
struct RegexpExtract: TextFunction {
  private let expression: RegularExpression
  private let group: Int
  private var texts: TextReader?

  init(_ expression: RegularExpression, group: Int) {
    self.expression = expression
    self.group = group
  }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    switch expression.search(text) {
    case .found:
      guard let range = expression.group(group) else { return false }
      buffer.append(text, range)
      return true
    case .missing: return false
    case .exhausted:
      frame.fail(row, .patternLimit(pattern: expression.pattern))
      return false
    }
  }
}

/// `regexp_replace`: each match replaced; `$n` in the replacement is a group, `\` takes the meaning
/// from what follows.
struct RegexpReplace: TextFunction {
  private let expression: RegularExpression
  private var texts: TextReader?
  private var replacements: TextReader?

  init(_ expression: RegularExpression) { self.expression = expression }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    replacements = TextReader(arguments[2])
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let replacements else { return false }
    let text = texts[row]
    let began = buffer.count
    var copied = 0
    var at = 0
    var afterEmpty = false
    while at <= text.count {
      switch expression.search(text, from: at, notEmptyAtStart: afterEmpty) {
      case .exhausted:
        frame.fail(row, .patternLimit(pattern: expression.pattern))
        return false
      case .missing where afterEmpty:
        // Behind an empty match only a longer one counts there; else go on by a code point.
        at += at < text.count ? CodePoints.decode(text, at: at).count : 1
        afterEmpty = false
      case .missing:
        buffer.append(text, copied..<text.count)
        return true
      case .found:
        guard let range = expression.group(0) else { return false }
        buffer.append(text, copied..<range.lowerBound)
        append(replacements[row], text, to: buffer)
        copied = range.upperBound
        at = range.upperBound
        afterEmpty = range.isEmpty
        if buffer.count - began > Limits.textBytes {
          frame.fail(row, .textTooLong(operation: "regexp_replace"))
          return false
        }
      }
    }
    buffer.append(text, min(copied, text.count)..<text.count)
    return true
  }

  private func append(
    _ replacement: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>,
    to buffer: ByteBuffer
  ) {
    var at = 0
    while at < replacement.count {
      let byte = replacement[at]
      let next = at + 1 < replacement.count ? replacement[at + 1] : 0
      if byte == UInt8(ascii: "$"), next &- UInt8(ascii: "0") < 10 {
        if let range = expression.group(Int(next - UInt8(ascii: "0"))) {
          buffer.append(text, range)
        }
        at += 2
      } else if byte == UInt8(ascii: "\\"), next != 0 {
        buffer.append(next)
        at += 2
      } else {
        buffer.append(byte)
        at += 1
      }
    }
  }
}
