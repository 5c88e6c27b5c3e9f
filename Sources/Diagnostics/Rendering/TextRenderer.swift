/// Diagnostics as a person reads them: the line, the cause underlined, what to write instead.
package struct TextRenderer: Sendable {
  package var isColoured: Bool
  private let files: [FileID: SourceFile]

  package init(files: [SourceFile], isColoured: Bool = false) {
    self.files = Dictionary(files.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.isColoured = isColoured
  }

  /// All of them with an empty line between; ends in a line end if there are any.
  package func render(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map(render).joined(separator: "\n")
  }

  /// One message; ends in a line end.
  package func render(_ diagnostic: Diagnostic) -> String {
    let tone = diagnostic.severity == .error ? Tone.error : .warning
    let head = paint("\(diagnostic.severity.rawValue)[\(diagnostic.code)]", tone)
    var lines = ["\(head)\(paint(": \(oneLine(diagnostic.title))", .title))"]
    let width = gutterWidth(diagnostic)
    for section in sections(diagnostic) { render(section, width, tone, into: &lines) }
    let margin = String(repeating: " ", count: width)
    let hints = diagnostic.hints.map(\.text).filter { !$0.isEmpty }.map { "hint: \($0)" }
    let remarks = diagnostic.notes + hints
    if !remarks.isEmpty { lines.append(paint("\(margin)│", .frame)) }
    for remark in remarks { lines.append("\(paint("\(margin)=", .frame)) \(oneLine(remark))") }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension TextRenderer {
  fileprivate enum Tone: String {
    case error = "1;31"
    case warning = "1;33"
    case title = "1"
    case frame = "34"
    case secondary = "36"
  }

  private struct Mark {
    var label: Label
    var isPrimary: Bool
  }

  /// The marks of one file.
  private struct Section {
    var file: SourceFile
    var marks: [Mark]
  }

  private func sections(_ diagnostic: Diagnostic) -> [Section] {
    let marks =
      [Mark(label: diagnostic.primary, isPrimary: true)]
      + diagnostic.secondary.map { Mark(label: $0, isPrimary: false) }
    var sections: [Section] = []
    for mark in marks {
      guard let file = files[mark.label.span.file] else { continue }
      if let index = sections.firstIndex(where: { $0.file.id == file.id }) {
        sections[index].marks.append(mark)
      } else {
        sections.append(Section(file: file, marks: [mark]))
      }
    }
    return sections
  }

  private func gutterWidth(_ diagnostic: Diagnostic) -> Int {
    let spans = [diagnostic.primary.span] + diagnostic.secondary.map(\.span)
    let lines = spans.map { span in files[span.file]?.line(of: span) ?? 1 }
    return max(2, String(lines.max() ?? 1).utf8.count)
  }

  private func render(
    _ section: Section, _ width: Int, _ tone: Tone, into lines: inout [String]
  ) {
    let margin = String(repeating: " ", count: width)
    let (file, first) = (section.file, section.marks[0].label.span)
    let place = file.position(at: Int(first.start))
    let path = "\(oneLine(file.path)):\(place.line):\(place.column)"
    lines.append("\(paint("\(margin)┌─", .frame)) \(path)")
    lines.append(paint("\(margin)│", .frame))
    let marks = section.marks.sorted { $0.label.span.start < $1.label.span.start }
    var last: Int?
    for line in Set(marks.map { file.line(of: $0.label.span) }).sorted() {
      if let last, line > last + 1 { lines.append(paint("\(margin)·", .frame)) }
      last = line
      render(
        marks.filter { file.line(of: $0.label.span) == line }, of: file, line, width, tone, &lines)
    }
  }

  private func render(
    _ marks: [Mark], of file: SourceFile, _ line: Int, _ width: Int, _ tone: Tone,
    _ lines: inout [String]
  ) {
    let margin = String(repeating: " ", count: width)
    let focus = marks.first(where: \.isPrimary) ?? marks[0]
    let shown = DisplayLine(file, line: line, focus: Int(focus.label.span.start))
    let number = String(line)
    let gutter = String(repeating: " ", count: width - number.utf8.count) + number + "│"
    lines.append(trimmed("\(paint(gutter, .frame)) \(shown.text)"))
    for mark in marks {
      let start = shown.column(of: Int(mark.label.span.start))
      let end = shown.column(of: min(Int(mark.label.span.end), file.bytesOfLine(line).upperBound))
      let sign = mark.isPrimary ? "^" : "-"
      let underline = String(repeating: sign, count: max(1, end - start))
      let text = mark.label.text.isEmpty ? "" : " " + oneLine(mark.label.text)
      lines.append(
        paint("\(margin)│", .frame) + String(repeating: " ", count: start + 1)
          + paint(underline + text, mark.isPrimary ? tone : .secondary))
    }
  }

  private func paint(_ text: String, _ tone: Tone) -> String {
    isColoured ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Names and paths come from files: nothing in them may end the line or move the cursor.
  private func oneLine(_ text: String) -> String {
    var cleaned = ""
    for scalar in text.unicodeScalars {
      cleaned += scalar == "\t" ? " " : DisplayLine.picture(scalar).text
    }
    return cleaned
  }
}
