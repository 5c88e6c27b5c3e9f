extension DiagnosticPage {
  /// Lists, maps and structs.
  static let nested: [DiagnosticPage] = [
    DiagnosticPage(
      "E0231", "a method or stage of lists, and this is none",
      advice: "`cast(x as list<…>)`, `split`, `map_entries`"),
    DiagnosticPage(
      "E0232", "a lambda is missing, or has not one parameter", advice: "`.map(x => …)`"),
    DiagnosticPage("E0233", "the elements of a list have different types", advice: "cast some"),
    DiagnosticPage(
      "E0234", "the keys of a map are no strings", advice: "`map<string, T>`",
      wrong: "type A { m: map<int, int> }", right: "type A { m: map<string, int> }"),
    DiagnosticPage(
      "E0235", "a type that holds itself", advice: "`json` for the part of undecided shape"),
    DiagnosticPage(
      "E0236", "a field inside a record comes `from meta`",
      advice: "declare it in the source's own type"),
    DiagnosticPage("E0237", "an index of what is no list and no map"),
    DiagnosticPage("E0238", "a field twice in a struct"),
    DiagnosticPage("E0239", "a field of a struct is missing that may not be null"),
    DiagnosticPage("E0240", "no such field of a struct", advice: "the note lists them"),
  ]
}
