/// A line of source as a terminal can show it, and where its bytes have gone.
///
/// Tabs become spaces; control and direction characters and bytes that are no UTF-8 become U+FFFD,
/// so that no file can move the cursor or hide text. A very long line is cut around the label.
struct DisplayLine {
  /// Lines up to this many bytes are shown whole.
  static let wholeBytes = 240
  private static let tab = "    "

  private(set) var text = ""
  private var offsets: [Int] = []
  private var columns: [Int] = []

  /// `focus` is the byte that has to be visible.
  init(_ file: SourceFile, line: Int, focus: Int) {
    let whole = file.bytesOfLine(line)
    var shown = whole
    if whole.count > Self.wholeBytes {
      let middle = min(max(focus, whole.lowerBound), whole.upperBound)
      shown = max(whole.lowerBound, middle - 80)..<min(whole.upperBound, middle + 120)
      while shown.lowerBound < shown.upperBound, file.bytes[shown.lowerBound] & 0xC0 == 0x80 {
        shown = (shown.lowerBound + 1)..<shown.upperBound
      }
    }
    var column = 0
    if shown.lowerBound > whole.lowerBound { append("…", &column) }
    var offset = shown.lowerBound
    for scalar in String(decoding: file.bytes[shown], as: UTF8.self).unicodeScalars {
      offsets.append(offset)
      columns.append(column)
      let (picture, width) = Self.picture(scalar)
      text += picture
      column += width
      // A replaced byte is one byte of the file whatever U+FFFD is in UTF-8.
      offset += scalar == "\u{FFFD}" && !Self.hasReplacement(file, offset) ? 1 : Self.size(scalar)
    }
    offsets.append(max(offset, shown.upperBound))
    columns.append(column)
    if shown.upperBound < whole.upperBound { append("…", &column) }
  }

  /// The display column of a byte, counted from 0.
  func column(of offset: Int) -> Int {
    var low = 0
    var high = offsets.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if offsets[middle] <= offset { low = middle } else { high = middle }
    }
    return columns[low]
  }

  private mutating func append(_ mark: String, _ column: inout Int) {
    text += mark
    column += 1
  }

  private static func hasReplacement(_ file: SourceFile, _ offset: Int) -> Bool {
    offset + 2 < file.bytes.count && file.bytes[offset] == 0xEF && file.bytes[offset + 1] == 0xBF
      && file.bytes[offset + 2] == 0xBD
  }

  private static func size(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case ..<0x80: 1
    case ..<0x800: 2
    case ..<0x10000: 3
    default: 4
    }
  }

  /// How a code point is shown and how many columns that takes.
  static func picture(_ scalar: Unicode.Scalar) -> (text: String, width: Int) {
    switch scalar.value {
    case 9: (tab, tab.utf8.count)
    case 0x20...0x7E: (String(scalar), 1)
    case ..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: ("\u{FFFD}", 1)
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      (String(scalar), 2)
    default:
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark: (String(scalar), 0)
      default: (String(scalar), 1)
      }
    }
  }
}
