/// Addresses of HTTP services.
public enum HTTPAddress {
  private static let schemes = ["http://", "https://"]

  /// An address with its scheme in small letters, for it is the same in any; nil where it begins
  /// with neither `http://` nor `https://`.
  public static func normalised(_ text: String) -> String? {
    for scheme in schemes {
      if text.hasPrefix(scheme) { return text }
      let count = scheme.utf8.count
      let head = text.utf8.prefix(count).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      if head.elementsEqual(scheme.utf8) {
        return scheme + String(decoding: text.utf8.dropFirst(count), as: UTF8.self)
      }
    }
    return nil
  }
}
