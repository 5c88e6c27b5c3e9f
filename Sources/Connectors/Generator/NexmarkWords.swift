internal import Columns
internal import Platform

/// Random numbers of one event: SplitMix64, begun anew for each, so that events can be made in any
/// order.
struct Dice {
  private var generator: SeededGenerator

  init(seed: UInt64, stream: UInt64) {
    var first = SeededGenerator(seed: seed &+ stream &* 0xD6E8_FEB8_6659_FD93)
    generator = SeededGenerator(seed: first.next())
  }

  mutating func next() -> UInt64 { generator.next() }

  /// A number from 0 on and below the bound, which is positive.
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}

/// The words, prices and addresses of Nexmark's events.
struct NexmarkWords: Sendable {
  private static let firstNames = bytes(
    "Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter")
  private static let lastNames = bytes(
    "Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris")
  private static let cities = bytes(
    "Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne")
  private static let states = bytes("AZ,CA,ID,OR,WA,WY")
  private static let hotChannels = ["Google", "Facebook", "Baidu", "Apple"]
  private static let channelCount = 10_000
  private static let leastLength = 3
  /// Places of a decade of prices that are kept; between them they lie on a line.
  private static let steps = 1_024

  /// `,"channel":"…","url":"…"`: the hot ones, then those that are rarely used.
  private let channels: [[UInt8]]
  /// 10 to the power of n / `steps`. By multiplication alone, whose result is the same everywhere.
  private let decade: [Double]

  init(seed: UInt64) {
    var powers: [Double] = [1]
    for _ in 0..<Self.steps { powers.append(powers[powers.count - 1] * 1.0022511482929128) }
    decade = powers
    channels =
      Self.hotChannels.enumerated().map { Self.channel($1, id: nil, seed, UInt64($0)) }
      + (0..<Self.channelCount).map { number in
        var dice = Dice(seed: seed ^ 0xC4A2, stream: UInt64(number))
        // The bits backwards, as the suite does, so that ids are of all lengths.
        let reversed = Int32(truncatingIfNeeded: number).bitsReversed
        let id = dice.below(10) > 0 ? abs(Int64(reversed)) : nil
        return Self.channel("channel-\(number)", id: id, seed, UInt64(number + 10))
      }
  }

  private static func bytes(_ words: String) -> [[UInt8]] {
    words.split(separator: ",").map { Array($0.utf8) }
  }

  private static func channel(
    _ name: String, id: Int64?, _ seed: UInt64, _ number: UInt64
  ) -> [UInt8] {
    var dice = Dice(seed: seed ^ 0x0A11, stream: number)
    var text = ",\"channel\":\"\(name)\",\"url\":\"https://www.nexmark.com/"
    for _ in 0..<3 {
      for _ in 0..<leastLength + dice.below(2) {
        let letter = dice.below(13) == 0 ? UInt8(ascii: "_") : Self.letter(dice.below(26))
        text.unicodeScalars.append(Unicode.Scalar(letter))
      }
      text += "/"
    }
    text += "item.htm?query=1" + (id.map { "&channel_id=\($0)" } ?? "") + "\""
    return Array(text.utf8)
  }

  private static func letter(_ number: Int) -> UInt8 {
    UInt8(ascii: "a") &+ UInt8(truncatingIfNeeded: number)
  }

  /// Cents from 1 to 1,000,000 dollars, each decade as often as the others.
  func price(_ dice: inout Dice) -> Int64 {
    let number = dice.next()
    let place = Int(number & UInt64(Self.steps - 1))
    let part = Double(number >> 10 & 0xF_FFFF) / Double(1 << 20)
    var price = (decade[place] + (decade[place + 1] - decade[place]) * part) * 100
    for _ in 0..<dice.below(6) { price *= 10 }
    return Int64(price.rounded())
  }

  func appendName(_ dice: inout Dice, to buffer: ByteBuffer) {
    append(Self.firstNames, &dice, to: buffer)
    buffer.append(" ")
    append(Self.lastNames, &dice, to: buffer)
  }

  func appendCity(_ dice: inout Dice, to buffer: ByteBuffer) {
    append(Self.cities, &dice, to: buffer)
  }

  func appendState(_ dice: inout Dice, to buffer: ByteBuffer) {
    append(Self.states, &dice, to: buffer)
  }

  func appendChannel(_ dice: inout Dice, to buffer: ByteBuffer) {
    let hot = Self.hotChannels.count
    let place = dice.below(2) > 0 ? dice.below(hot) : hot + dice.below(Self.channelCount)
    channels[place].withUnsafeBufferPointer { buffer.append($0) }
  }

  /// Four groups of four digits.
  func appendCard(_ dice: inout Dice, to buffer: ByteBuffer) {
    for group in 0..<4 {
      if group > 0 { buffer.append(" ") }
      var rest = dice.below(10_000)
      for unit in [1_000, 100, 10, 1] {
        buffer.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / unit))
        rest %= unit
      }
    }
  }

  /// Three letters or more, and spaces between them.
  func appendText(_ dice: inout Dice, atMost length: Int, to buffer: ByteBuffer) {
    let count = Self.leastLength + dice.below(length - Self.leastLength)
    for place in 0..<count {
      let isSpace = dice.below(13) == 0 && place > 0 && place < count - 1
      buffer.append(isSpace ? UInt8(ascii: " ") : Self.letter(dice.below(26)))
    }
  }

  func appendLetters(_ dice: inout Dice, _ count: Int, to buffer: ByteBuffer) {
    var left = count
    while left > 0 {
      // Thirteen letters of 64 bits.
      var number = dice.next()
      for _ in 0..<min(left, 13) {
        buffer.append(Self.letter(Int(number % 26)))
        number /= 26
      }
      left -= 13
    }
  }

  private func append(_ words: [[UInt8]], _ dice: inout Dice, to buffer: ByteBuffer) {
    words[dice.below(words.count)].withUnsafeBufferPointer { buffer.append($0) }
  }
}

extension Int32 {
  fileprivate var bitsReversed: Int32 {
    var rest = UInt32(bitPattern: self)
    var reversed: UInt32 = 0
    for _ in 0..<32 {
      reversed = reversed << 1 | rest & 1
      rest >>= 1
    }
    return Int32(bitPattern: reversed)
  }
}
