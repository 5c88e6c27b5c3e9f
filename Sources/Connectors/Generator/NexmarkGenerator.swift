package import Columns

/// The events of the Nexmark suite: people who register, auctions that they open, and bids, as JSON
/// of about 230, 560 and 270 bytes, the same for the same seed, ordinal and time in every run.
///
/// Of fifty events one is a person, three are auctions and 46 bids. Ids count on from 1000. Half of
/// the bids go to a hot auction, the first of the last hundred; the others to one of the last
/// hundred, or of the next ten, which are not open yet. Three in four bidders and sellers are hot
/// too, the others are among the last thousand people and the next ten.
package struct NexmarkGenerator: Sendable {
  package enum Kind: String, CaseIterable, Sendable { case person, auction, bid }

  /// Events in a round, and what stands where in it.
  private static let roundLength: UInt64 = 50
  private static let auctionsInRound: UInt64 = 3
  /// A hot one is the first of so many, or the second, so that bidders and sellers differ.
  private static let hotGroup = 100
  private static let activePeople = 1_000
  private static let openAuctions = 100
  private static let lead = 10
  private static let firstID = 1_000
  private static let firstCategory = 10
  private static let categories = 5

  private let seed: UInt64
  /// Microseconds of event time in which the auctions come that are open at a time.
  private let horizon: Int64
  private let words: NexmarkWords

  /// - Parameter rate: events a second; of it hangs how long auctions last.
  package init(seed: UInt64, rate: Int64) {
    self.seed = seed
    words = NexmarkWords(seed: seed)
    let events = Int64(Self.openAuctions) * Int64(Self.roundLength) / Int64(Self.auctionsInRound)
    horizon = events * 1_000_000 / max(rate, 1)
  }

  package static func kind(of ordinal: UInt64) -> Kind {
    switch ordinal % roundLength {
    case 0: .person
    case 1...auctionsInRound: .auction
    default: .bid
    }
  }

  /// The table of the suite's side input as CSV: a text for each number below 10,000.
  package static func sideInput() -> [UInt8] {
    Array("key,value\n".utf8) + (0..<10_000).flatMap { Array("\($0),value-\($0)\n".utf8) }
  }

  /// Appends event `ordinal` with that event time (microseconds since 1970), without a newline.
  package func append(_ ordinal: UInt64, eventTime: Int64, to buffer: ByteBuffer) {
    var dice = Dice(seed: seed, stream: ordinal)
    let place = Place(ordinal)
    switch Self.kind(of: ordinal) {
    case .person: appendPerson(place, eventTime, &dice, to: buffer)
    case .auction: appendAuction(place, eventTime, &dice, to: buffer)
    case .bid: appendBid(place, eventTime, &dice, to: buffer)
    }
  }

  /// The last person and auction that there are at an event, itself included, counted from 0.
  private struct Place {
    var person: Int
    var auction: Int

    init(_ ordinal: UInt64) {
      let (round, offset) = ordinal.quotientAndRemainder(dividingBy: roundLength)
      person = Int(round)
      let opened = round * auctionsInRound + min(offset, auctionsInRound)
      auction = Int(opened) - 1
    }
  }

  private func appendPerson(
    _ place: Place, _ time: Int64, _ dice: inout Dice, to buffer: ByteBuffer
  ) {
    let first = buffer.count
    buffer.append("{\"id\":")
    IntegerText.write(Int64(Self.firstID + place.person), to: buffer)
    buffer.append(",\"name\":\"")
    words.appendName(&dice, to: buffer)
    buffer.append("\",\"email_address\":\"")
    words.appendText(&dice, atMost: 7, to: buffer)
    buffer.append("@")
    words.appendText(&dice, atMost: 5, to: buffer)
    buffer.append(".com\",\"credit_card\":\"")
    words.appendCard(&dice, to: buffer)
    buffer.append("\",\"city\":\"")
    words.appendCity(&dice, to: buffer)
    buffer.append("\",\"state\":\"")
    words.appendState(&dice, to: buffer)
    buffer.append("\"")
    // The values: names and signs of the fields are 73 bytes.
    let used = buffer.count - first - 73
    appendEnd(time, used: used, size: 200, &dice, to: buffer)
  }

  private func appendAuction(
    _ place: Place, _ time: Int64, _ dice: inout Dice, to buffer: ByteBuffer
  ) {
    let price = words.price(&dice)
    buffer.append("{\"id\":")
    IntegerText.write(Int64(Self.firstID + place.auction), to: buffer)
    buffer.append(",\"item_name\":\"")
    let first = buffer.count
    words.appendText(&dice, atMost: 20, to: buffer)
    let nameLength = buffer.count - first
    buffer.append("\",\"description\":\"")
    let second = buffer.count
    words.appendText(&dice, atMost: 100, to: buffer)
    let used = 48 + nameLength + buffer.count - second
    buffer.append("\",\"initial_bid\":")
    IntegerText.write(price, to: buffer)
    buffer.append(",\"reserve\":")
    IntegerText.write(price + words.price(&dice), to: buffer)
    buffer.append(",\"expires\":\"")
    // Of milliseconds, as the suite's times are; an auction lasts one at least.
    let length = 1_000 + Int64(dice.below(max(Int(2 * horizon / 1_000), 1))) * 1_000
    TimestampText.write(time + length, to: buffer)
    buffer.append("\",\"seller\":")
    let seller = isHot(&dice, 4) ? hot(place.person) : anyPerson(place, &dice)
    IntegerText.write(Int64(Self.firstID + seller), to: buffer)
    buffer.append(",\"category\":")
    IntegerText.write(Int64(Self.firstCategory + dice.below(Self.categories)), to: buffer)
    appendEnd(time, used: used, size: 500, &dice, to: buffer)
  }

  private func appendBid(
    _ place: Place, _ time: Int64, _ dice: inout Dice, to buffer: ByteBuffer
  ) {
    buffer.append("{\"auction\":")
    let auction = isHot(&dice, 2) ? hot(place.auction) : anyAuction(place, &dice)
    IntegerText.write(Int64(Self.firstID + auction), to: buffer)
    buffer.append(",\"bidder\":")
    let bidder = isHot(&dice, 4) ? hot(place.person) + 1 : anyPerson(place, &dice)
    IntegerText.write(Int64(Self.firstID + bidder), to: buffer)
    buffer.append(",\"price\":")
    IntegerText.write(words.price(&dice), to: buffer)
    words.appendChannel(&dice, to: buffer)
    appendEnd(time, used: 32, size: 100, &dice, to: buffer)
  }

  /// The time, and letters up to the size that the suite gives to an event, give or take a fifth of
  /// them.
  private func appendEnd(
    _ time: Int64, used: Int, size: Int, _ dice: inout Dice, to buffer: ByteBuffer
  ) {
    buffer.append(",\"date_time\":\"")
    TimestampText.write(time, to: buffer)
    buffer.append("\",\"extra\":\"")
    let wanted = max(size - used, 0)
    let delta = (wanted + 2) / 5
    words.appendLetters(&dice, wanted - delta + dice.below(max(2 * delta, 1)), to: buffer)
    buffer.append("\"}")
  }

  /// All but one in `ratio`.
  private func isHot(_ dice: inout Dice, _ ratio: Int) -> Bool { dice.below(ratio) > 0 }

  private func hot(_ last: Int) -> Int { max(last, 0) / Self.hotGroup * Self.hotGroup }

  private func anyPerson(_ place: Place, _ dice: inout Dice) -> Int {
    let people = place.person + 1
    let active = min(people, Self.activePeople)
    return people - active + dice.below(active + Self.lead)
  }

  private func anyAuction(_ place: Place, _ dice: inout Dice) -> Int {
    let least = max(place.auction - Self.openAuctions, 0)
    return least + dice.below(place.auction - least + 1 + Self.lead)
  }
}
