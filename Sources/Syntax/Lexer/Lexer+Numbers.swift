import Diagnostics

/// Numbers and what is attached to them: units, `%`, `/s`.
extension Lexer {
  mutating func lexNumber() {
    let start = index
    var kind = Token.Kind.integer
    skipDigits()
    if byte() == UInt8(ascii: "."), byte(1).isDigit {
      index += 1
      skipDigits()
      kind = .decimal
    }
    if hasExponent {
      index += byte(1).isDigit ? 1 : 2
      skipDigits()
      kind = .float
    }
    // `1h30m`; whether the units are right is found when the value is read.
    if namePart(at: index, isFirst: true) != nil {
      skipNameBytes()
      emit(.duration, from: start)
      return
    }
    if byte() == UInt8(ascii: "%") {
      lexPercent(from: start, kind)
    } else if byte() == UInt8(ascii: "/"), let size = rateUnit {
      index += 1 + size
      emit(.rate, from: start)
    } else {
      emit(kind, from: start)
    }
  }

  private mutating func skipDigits() {
    while byte().isDigit || (byte() == UInt8(ascii: "_") && byte(1).isDigit) { index += 1 }
  }

  private var hasExponent: Bool {
    guard byte() | 0x20 == UInt8(ascii: "e") else { return false }
    let isSigned = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
    return isSigned ? byte(2).isDigit : byte(1).isDigit
  }

  /// `90%`, or the remainder of a division written without spaces.
  private mutating func lexPercent(from start: Int, _ kind: Token.Kind) {
    let next = byte(1)
    let isRemainder =
      next.isDigit || next == UInt8(ascii: "(") || namePart(at: index + 1, isFirst: true) != nil
    if isRemainder {
      emit(kind, from: start)
      report(.attachedRemainder, Span(index, index + 1, in: file.id))
    } else {
      index += 1
      emit(.percentage, from: start)
    }
  }

  /// The size of the unit after a `/`, if it is one of a rate.
  private var rateUnit: Int? {
    for unit in ["ms", "s", "m", "h", "d"] {
      let letters = Array(unit.utf8)
      let fits = letters.indices.allSatisfy { byte(1 + $0) == letters[$0] }
      if fits, namePart(at: index + 1 + letters.count, isFirst: false) == nil {
        return letters.count
      }
    }
    return nil
  }
}
