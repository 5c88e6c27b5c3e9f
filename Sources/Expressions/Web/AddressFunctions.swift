import Columns

/// `ip_prefix`: the network of an address by its first bits.
struct AddressPrefix: TextFunction {
  private var texts: TextReader?
  private var counts: UnsafePointer<Int64>?
  /// Of IPv6, where they are given.
  private var countsV6: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    counts = UnsafePointer(arguments[1].ints)
    countsV6 = arguments.count > 2 ? UnsafePointer(arguments[2].ints) : nil
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let counts, let address = InternetAddress(texts[row]) else { return false }
    let count = (address.isV6 ? countsV6 ?? counts : counts)[row]
    guard let network = address.prefix(count) else { return false }
    network.write(to: buffer)
    buffer.append(UInt8(ascii: "/"))
    IntegerText.write(count, to: buffer)
    return true
  }
}

/// `ip_in`: whether an address lies in a network `address/bits`.
enum Network {
  typealias Text = UnsafeBufferPointer<UInt8>

  @Sendable
  static func contains(_ address: Text, _ network: Text) -> UInt8? {
    guard let address = InternetAddress(address) else { return nil }
    let slash = network.firstIndex(of: UInt8(ascii: "/"))
    let base = UnsafeBufferPointer(rebasing: network[..<(slash ?? network.count)])
    guard let base = InternetAddress(base) else { return nil }
    var count = Int64(base.width)
    if let slash {
      let digits = UnsafeBufferPointer(rebasing: network[(slash + 1)...])
      guard let number = IntegerText.parse(digits) else { return nil }
      count = number
    }
    guard let wanted = base.prefix(count) else { return nil }
    return address.isV6 == base.isV6 && address.prefix(count) == wanted ? 1 : 0
  }
}
