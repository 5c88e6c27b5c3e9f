import Columns

/// `redact`: personal data in running text replaced by the name of its kind.
///
/// A regular expression finds candidates; what they are is decided by digits that check others.
/// It rather takes too much for a phone number than too little.
struct Redaction: TextFunction {
  private let expression: RegularExpression
  private var texts: TextReader?

  /// An address, what may be an IBAN, and a run of digits that is no date and no IP address.
  private static let pattern =
    #"([\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+)"#
    + #"|(?<![\p{L}\p{N}])([A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30})"#
    + #"|(?<![\p{L}\p{N}.])(?!\d{4}-\d\d-\d\d)(?!\d{1,3}(?:\.\d{1,3}){3}(?![\d.]))"#
    + #"(\+?\(?[0-9](?:[ .\-()]{0,2}[0-9]){6,})(?![\p{L}\p{N}])"#

  init() throws(BindingError) { expression = try RegularExpression(Self.pattern) }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    var copied = 0
    var at = 0
    while at < text.count {
      switch expression.search(text, from: at) {
      case .missing: at = text.count
      case .exhausted:
        frame.fail(row, .patternLimit(pattern: "redact"))
        return false
      case .found:
        let (end, word) = judge(text)
        if let word, let start = expression.group(0)?.lowerBound {
          buffer.append(text, copied..<start)
          buffer.append(word)
          copied = end
        }
        at = end
      }
    }
    buffer.append(text, copied..<text.count)
    return true
  }

  /// What the match is, and where to go on.
  private func judge(_ text: UnsafeBufferPointer<UInt8>) -> (end: Int, word: StaticString?) {
    if let email = expression.group(1) { return (email.upperBound, "[email]") }
    if let candidate = expression.group(2) {
      if let end = AccountNumber.end(of: text, candidate) { return (end, "[iban]") }
      return (candidate.lowerBound + 4, nil)
    }
    guard let run = expression.group(3) else { return (text.count, nil) }
    let digits = run.filter { text[$0] &- UInt8(ascii: "0") < 10 }
    if let end = CardNumber.end(of: text, digits) { return (end, "[card]") }
    return (run.upperBound, digits.count <= 15 ? "[phone]" : nil)
  }
}

/// Card numbers (ISO/IEC 7812): 13 to 19 digits with Luhn's check digit.
enum CardNumber {
  /// Where the longest card number ends that begins with the first of these digits and is followed
  /// by no further digit.
  static func end(of text: UnsafeBufferPointer<UInt8>, _ digits: [Int]) -> Int? {
    for count in stride(from: min(19, digits.count), through: 13, by: -1) {
      let last = digits[count - 1]
      let isWhole = count == digits.count || digits[count] > last + 1
      let values = digits[..<count].map { Int(text[$0] - UInt8(ascii: "0")) }
      if isWhole, isValid(values) { return last + 1 }
    }
    return nil
  }

  static func isValid(_ digits: [Int]) -> Bool {
    var sum = 0
    for (place, digit) in digits.reversed().enumerated() {
      let value = place % 2 == 1 ? digit * 2 : digit
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }
}

/// International bank account numbers (ISO 13616).
enum AccountNumber {
  /// The length of each country's numbers.
  private static let lengths: [String: Int] = [
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24,
    "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24,
    "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
  ]

  /// Where the number that begins a range ends; nil if its check digits are wrong.
  static func end(of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
    let country = String(decoding: text[range.prefix(2)], as: UTF8.self)
    let places = range.filter { text[$0] != UInt8(ascii: " ") }
    guard let length = lengths[country], places.count >= length else { return nil }
    let number = places[..<length].map { text[$0] }
    // Read with the first four behind the rest, A being 10, it leaves 1 when divided by 97.
    let rest = (number[4...] + number[..<4]).reduce(0) { rest, byte in
      let isDigit = byte <= UInt8(ascii: "9")
      let value = Int(byte) - (isDigit ? 48 : 55)
      return (rest * (isDigit ? 10 : 100) + value) % 97
    }
    return rest == 1 ? places[length - 1] + 1 : nil
  }
}
