import Compiler
import Diagnostics
import Plans
import Semantics
import Syntax

/// Names that a part of a declaration alone knows: where they stand, and how they are changed.
extension Inquiry {
  /// The name at a place, if it is one of these, and where exactly it stands.
  func local(at offset: Int) -> (Span, LocalName)? {
    if let found = bound(at: offset) { return found }
    let columns = columnPlaces()
    guard let place = place(at: offset, among: columns.map(\.place)),
      let origin = columns.first(where: { $0.place == place })?.origin
    else { return nil }
    let places = Set(columns.filter { $0.origin == origin }.map(\.place) + [origin])
    let text = analysis.token(at: Int(place.end)).map { tokenText($0) } ?? ""
    return (
      place,
      LocalName(text: text, definition: origin, places: places.sorted { $0.start < $1.start })
    )
  }

  /// The same of names that are no columns.
  func bound(at offset: Int) -> (Span, LocalName)? {
    for name in analysis.names.locals {
      if let place = place(at: offset, among: name.places) { return (place, name) }
    }
    guard let (place, step) = step(at: offset) else { return nil }
    let name = step.definition.name
    return (place, LocalName(text: name.text, definition: name.span, places: step.places))
  }

  private func place(at offset: Int, among places: [Span]) -> Span? {
    places.first {
      $0.file == file.id && Int($0.start) <= offset && offset <= Int($0.end)
    }
  }

  /// The edits that give the name another text, if nothing else changes with it.
  func rename(_ local: LocalName, to name: String, _ written: String) throws -> JSONValue {
    func refusal(_ message: String) -> EditorSession.RequestFailure {
      EditorSession.RequestFailure(code: .requestFailed, message: message)
    }
    guard isMadeHere(local.definition) else {
      throw refusal(
        "`\(local.text)` is a field of a type, called as the data calls it: `\(written): T from"
          + " \"\(local.text)\"` gives it a name here")
    }
    let places = Set(local.places).sorted { $0.start < $1.start }
    let (text, new) = replacing(places, by: written)
    let changed = Inquiry(
      files: files, analyses: [Analysis(SourceFile(path: file.path, bytes: text), files, .none)],
      parameters: parameters)
    if let line = firstNewMistake(in: changed) {
      throw refusal("line \(line) would be wrong with `\(name)`")
    }
    let found = new.first.flatMap { changed.local(at: $0) }?.1
    let understood = Set((found?.places ?? []).map { Int($0.start) })
    guard understood == Set(new), changed.columnCounts == columnCounts else {
      throw refusal("`\(name)` is another column, param or name in a place of `\(local.text)`")
    }
    return ["changes": [files.uri(of: file): .array(places.map { edit($0, written) })]]
  }

  /// Whether a name is given in this file, and not by the type of records.
  func isMadeHere(_ definition: Span) -> Bool {
    guard definition.file == file.id else { return false }
    return !tree.declarations.contains { declaration in
      switch declaration {
      case .type, .source, .table: declaration.span.contains(definition)
      default: false
      }
    }
  }

  /// The text with another at these places, and where that stands.
  func replacing(_ places: [Span], by written: String) -> (text: [UInt8], places: [Int]) {
    var bytes: [UInt8] = []
    var end = 0
    var new: [Int] = []
    for place in places {
      bytes += file.bytes[end..<Int(place.start)]
      new.append(bytes.count)
      bytes += Array(written.utf8)
      end = Int(place.end)
    }
    return (bytes + file.bytes[end...], new)
  }

  /// The line of the first mistake or warning that the other text has more of than this.
  private func firstNewMistake(in other: Inquiry) -> Int? {
    var known: [String: Int] = [:]
    for old in analysis.compilation.diagnostics { known[old.code, default: 0] += 1 }
    for new in other.analysis.compilation.diagnostics {
      known[new.code, default: 0] -= 1
      if known[new.code, default: 0] < 0 { return other.file.line(of: new.primary.span) }
    }
    return nil
  }

  /// How many columns each stream has.
  private var columnCounts: [String: Int] { analysis.recorder.streams.mapValues(\.count) }
}
