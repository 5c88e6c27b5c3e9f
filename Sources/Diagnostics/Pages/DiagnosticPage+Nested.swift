extension DiagnosticPage {
  /// Lists, maps and structs.
  static let nested: [DiagnosticPage] = [
    DiagnosticPage(
      "E0231", "a method or stage of lists, and this is none",
      advice: "`cast(x as list<…>)`, `split`, `map_entries`", wrong: "= id.map(x => x)",
      right: "= [id].map(x => x)"),
    DiagnosticPage(
      "E0232", "a lambda is missing, or has not one parameter", advice: "`.map(x => …)`",
      wrong: "= [id].map(id)", right: "= [id].map(x => x + 1)"),
    DiagnosticPage(
      "E0233", "the elements of a list have different types", advice: "cast some",
      wrong: "= [id, true]", right: "= [id, 1]"),
    DiagnosticPage(
      "E0234", "the keys of a map are no strings", advice: "`map<string, T>`",
      wrong: "type A { m: map<int, int> }", right: "type A { m: map<string, int> }"),
    DiagnosticPage(
      "E0235", "a type that holds itself", advice: "`json` for the part of undecided shape",
      wrong: "type A { a: A }", right: "type A { a: json }"),
    DiagnosticPage(
      "E0236", "a field inside a record comes `from meta`",
      advice: "declare it in the source's own type",
      wrong: "type A { b: struct { t: string from meta.topic } }",
      right: "type A { b: struct { t: string } }"),
    DiagnosticPage(
      "E0237", "an index of what is no list and no map", wrong: "= id[0]", right: "= [id][0]"),
    DiagnosticPage(
      "E0238", "a field twice in a struct", wrong: "= { a: 1, a: 2 }", right: "= { a: 1, b: 2 }"),
    DiagnosticPage(
      "E0239", "a field of a struct is missing that may not be null",
      wrong: ##"""
        type A { s: struct { a: int, b: int } }
        source x: A from memory
        sink x to print
        test "x" {
          given x [ { s: { a: 1 } } ]
          expect x []
        }
        """##,
      right: ##"""
        type A { s: struct { a: int, b: int } }
        source x: A from memory
        sink x to print
        test "x" {
          given x [ { s: { a: 1, b: 2 } } ]
          expect x []
        }
        """##),
    DiagnosticPage(
      "E0240", "no such field of a struct", advice: "the note lists them",
      wrong: "= { a: 1 }.b", right: "= { a: 1 }.a"),
    DiagnosticPage(
      "E0241", "a type of more than 4,096 fields, or records more than 100 deep",
      advice: "`json` for the part of many forms",
      wrong: (0..<13).map { number in
        let inner = number == 0 ? "int" : "T\(number - 1)"
        return "type T\(number) { a: \(inner), b: \(inner) }"
      }.joined(separator: "\n"),
      right: "type T { a: json }"),
  ]
}
