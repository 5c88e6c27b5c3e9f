/// Where time zones are read from.
enum ZoneFiles {
  static let root = "/usr/share/zoneinfo"
}
