extension DiagnosticPage {
  static let formContinued: [DiagnosticPage] = [
    DiagnosticPage(
      "E0029", "`=` for `:` or `:` for `=`",
      advice: "`name: type`, `option: value`, `column = value`",
      wrong: "| map { x: id + 1 }",
      right: "| map { x = id + 1 }"),
    DiagnosticPage(
      "E0030", "a value with a bare comma",
      advice: "several values go in brackets, conditions of `on` are joined by `and`",
      wrong: ##"sink e to kafka { brokers: "b:9092", topic: "t", key: id, name }"##,
      right: ##"sink e to kafka { brokers: "b:9092", topic: "t", key: [id, name] }"##),
    DiagnosticPage(
      "E0031", "two items with nothing between",
      advice: "put a comma or a new line between",
      wrong: "| map { id name }",
      right: "| map { id, name }"),
    DiagnosticPage(
      "E0040", "an unknown stage",
      wrong: "| filter paid",
      right: "| where paid"),
    DiagnosticPage(
      "E0041", "a stage without `|`",
      wrong: ##"""
        | where paid
          limit 3
        """##,
      right: ##"""
        | where paid
          | limit 3
        """##),
    DiagnosticPage(
      "E0042", "`a < b < c`",
      advice: "`a < b and b < c`, or `b between a and c`",
      wrong: "| where 1 < id < 5",
      right: "| where 1 < id and id < 5"),
    DiagnosticPage(
      "E0043", "a computed column without a name",
      advice: "`name = …`",
      wrong: "| map { id + 1 }",
      right: "| map { next = id + 1 }"),
    DiagnosticPage(
      "E0044", "`=>` outside of a call",
      wrong: "| where x => id",
      right: "| where id > 1"),
    DiagnosticPage(
      "E0045", "a clause stands twice",
      wrong: "| window tumbling 1m by id by name { n = count() }",
      right: "| window tumbling 1m by id, name { n = count() }"),
    DiagnosticPage(
      "E0046", "a clause is missing",
      wrong: "table ads: E from memory",
      right: "table ads: E key id from memory"),
    DiagnosticPage(
      "E0047", "an unknown word where only a few may stand",
      wrong: "| window sliding 1m { n = count() }",
      right: "| window hopping 1m every 10s { n = count() }"),
    DiagnosticPage(
      "E0048", "a row of a test is not in braces",
      advice: "`{ column: value }`",
      wrong: ##"""
        test "x" {
          given e [ 1 ]
          expect e []
        }
        """##,
      right: ##"""
        test "x" {
          given e []
          expect e []
        }
        """##),
    DiagnosticPage(
      "E0049", "a block is empty",
      wrong: "| map { }",
      right: "| map { id }"),
  ]
}
