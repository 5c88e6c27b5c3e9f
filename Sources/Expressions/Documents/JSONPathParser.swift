/// Reads the text of a path of SQL/JSON, and says of what other paths can do that this one can't.
struct JSONPathParser {
  private let text: String
  private var rest: Substring
  /// `lax` stands before the path. `strict` is what a path is that says nothing.
  private(set) var isLax = false

  init(_ text: String) {
    self.text = text
    rest = Substring(text)
  }

  mutating func parse() throws(BindingError) -> [JSONPath.Step] {
    skipSpace()
    isLax = takeWord("lax")
    if !isLax { _ = takeWord("strict") }
    guard take("$") else { throw mistake("it begins with `$`") }
    var steps: [JSONPath.Step] = []
    skipSpace()
    while let first = rest.first {
      switch first {
      case ".": steps.append(try member())
      case "[": steps.append(try element())
      case "?": throw noFilter
      default: throw mistake("`\(first)` has no meaning here")
      }
      skipSpace()
    }
    return steps
  }

  private mutating func member() throws(BindingError) -> JSONPath.Step {
    rest.removeFirst()
    switch rest.first {
    case "\"": return .member(Array(try quoted().utf8))
    // `$.["odd name"]`, as some write it.
    case "[": return try element()
    case ".": throw mistake("`..`, at any depth, is not known; the way has a name for each level")
    case "*": throw mistake("`.*`, all members, is not known; `[*]` is all elements of an array")
    default: break
    }
    let name = rest.prefix { $0.isLetter || $0.isNumber || "_-@".contains($0) }
    guard !name.isEmpty else { throw mistake("a name is missing behind a `.`") }
    rest = rest[name.endIndex...]
    if rest.first == "(" {
      throw mistake("methods such as `\(name)()` are not known; `json_length` counts elements")
    }
    return .member(Array(name.utf8))
  }

  private mutating func element() throws(BindingError) -> JSONPath.Step {
    rest.removeFirst()
    skipSpace()
    let step: JSONPath.Step
    if rest.first == "\"" || rest.first == "'" {
      step = .member(Array(try quoted().utf8))
    } else if take("*") {
      step = .allElements
    } else if rest.hasPrefix("last") {
      rest = rest.dropFirst(4)
      skipSpace()
      step = .elementFromEnd(take("-") ? try number() : 0)
    } else if rest.first == "?" {
      throw noFilter
    } else if take("-") {
      let back = try number()
      guard back > 0 else { throw mistake("elements count from -1 back, or from 0 on") }
      step = .elementFromEnd(back - 1)
    } else {
      step = .element(try number())
    }
    skipSpace()
    if let next = rest.first, ",:t".contains(next) {
      throw mistake("one element or all of them (`[*]`) stand in brackets, not several")
    }
    guard take("]") else { throw mistake("a `]` is missing") }
    return step
  }

  private mutating func number() throws(BindingError) -> Int {
    skipSpace()
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if digits.isEmpty {
      throw mistake("in brackets stands a number, `last`, `*` or a name in quotes")
    }
    guard let number = Int32(digits).map(Int.init) else {
      throw mistake("no array has an element `\(digits)`; the last one is `[last]`")
    }
    rest = rest.dropFirst(digits.count)
    return number
  }

  private mutating func quoted() throws(BindingError) -> String {
    let quote = rest.removeFirst()
    guard let end = rest.firstIndex(of: quote) else { throw mistake("a quote is not closed") }
    let name = String(rest[..<end])
    rest = rest[rest.index(after: end)...]
    return name
  }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }

  private mutating func take(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  /// A word in either case with space behind it.
  private mutating func takeWord(_ word: String) -> Bool {
    guard rest.prefix(word.count).lowercased() == word, rest.dropFirst(word.count).first == " "
    else { return false }
    rest = rest.dropFirst(word.count)
    skipSpace()
    return true
  }

  private func mistake(_ reason: String) -> BindingError { .badPath(text, reason: reason) }

  private var noFilter: BindingError {
    mistake("conditions (`?`) are not known; cast the list that is found, and `.filter` it")
  }
}
