extension KernelTable {
  static let time: [String: Maker] = [:]
  static let documents: [String: Maker] = [:]
}
