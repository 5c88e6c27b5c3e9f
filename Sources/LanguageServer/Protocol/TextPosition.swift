import Diagnostics

/// A place as editors say it: line and UTF-16 code unit, both from 0.
struct TextPosition: Hashable {
  var line: Int
  var character: Int

  init(line: Int, character: Int) {
    self.line = line
    self.character = character
  }

  init?(_ value: JSONValue?) {
    guard let line = value?["line"]?.int, let character = value?["character"]?.int, line >= 0,
      character >= 0
    else { return nil }
    self.init(line: line, character: character)
  }

  var json: JSONValue { ["line": .int(line), "character": .int(character)] }
}

extension SourceFile {
  func textPosition(at offset: Int) -> TextPosition {
    let line = line(at: offset)
    let start = bytesOfLine(line).lowerBound
    let before = text(Span(start, max(start, offset), in: id))
    return TextPosition(line: line - 1, character: before.utf16.count)
  }

  /// What is behind the end of a line is its end, what is behind the file is the file's.
  func offset(of position: TextPosition) -> Int {
    guard position.line < lineCount else { return bytes.count }
    let range = bytesOfLine(position.line + 1)
    var units = 0
    var offset = range.lowerBound
    for scalar in text(Span(range.lowerBound, range.upperBound, in: id)).unicodeScalars {
      if units >= position.character { break }
      units += scalar.utf16.count
      offset += scalar.utf8.count
    }
    return min(offset, range.upperBound)
  }

  func range(_ span: Span) -> JSONValue {
    [
      "start": textPosition(at: Int(span.start)).json,
      "end": textPosition(at: Int(span.end)).json,
    ]
  }
}
