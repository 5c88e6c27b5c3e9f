/// A document as a flat list: texts, places where a line may end, and groups of such places that
/// are decided together (Oppen 1980, Wadler 2003).
enum LayoutPiece {
  /// Written as it is. Holds line ends only within a text of many lines.
  case text(String)
  /// Written only where its group is on one line: a comma between items.
  case flatText(String)
  /// The text where the group is on one line, a line end where it is broken.
  case line(flat: String, hasBlank: Bool)
  /// A line end in any case; breaks all groups around it.
  case hardLine(hasBlank: Bool)
  /// A comment behind what is on this line; a hard line follows.
  case trailing(String)
  case open(LayoutGroup)
  case close
  case indent
  case outdent
}

/// How the lines of a group that is too long for one line end.
enum LayoutGroup {
  /// At every place.
  case allOrNone
  /// Only where what follows does not fit.
  case fill
}
