extension DiagnosticPage {
  /// Of tasks, by the rules of their kinds.
  static let taskKinds: [DiagnosticPage] = [
    DiagnosticPage(
      "E0575", "a field of a `response` that this kind of task does not have",
      advice: "of `kafka` there are `topic`, `partition` and `offset`, of `smtp` "
        + "`message_id` and `reply`, each of its type",
      wrong: ##"""
        task t using kafka {
          brokers: "localhost:9092", topic: "commands", value: { id: id }, idempotency_key: id
          response: { place: int }
        }
        """##,
      right: ##"""
        task t using kafka {
          brokers: "localhost:9092", topic: "commands", value: { id: id }, idempotency_key: id
          response: { place: int from "offset" }
        }
        """##),
    DiagnosticPage(
      "E0576", "a mail server without an address, or one that is told a password in the open",
      advice: "`smtps://host:465`, or `smtp://host:587`, which is encrypted before anything "
        + "is said",
      wrong: ##"""
        task t using smtp {
          server: "mail.example", from: "a@shop.example", to: name, subject: "Hello", text: "Hello"
          idempotency_key: id
        }
        """##,
      right: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "a@shop.example", to: name, subject: "Hello"
          text: "Hello", idempotency_key: id
        }
        """##),
    DiagnosticPage(
      "E0577", "a header of a mail that an option writes already",
      advice: "`from`, `to`, `cc`, `bcc`, `reply_to`, `subject`; `Message-ID` comes from "
        + "`idempotency_key`",
      wrong: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "a@shop.example", to: name, subject: "Hello"
          headers: { "Reply-To": "b@shop.example" }
          text: "Hello", idempotency_key: id
        }
        """##,
      right: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "a@shop.example", to: name, subject: "Hello"
          reply_to: "b@shop.example"
          text: "Hello", idempotency_key: id
        }
        """##),
    DiagnosticPage(
      "E0578", "a mail with neither `text` nor `html`",
      advice: "add one or both; who reads mails as text gets `text`",
      wrong: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "a@shop.example", to: name, subject: "Hello"
          idempotency_key: id
        }
        """##,
      right: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "a@shop.example", to: name, subject: "Hello"
          text: "Hello \(name)", idempotency_key: id
        }
        """##),
    DiagnosticPage(
      "E0579", "a mail address without an `@`",
      advice: "`news@shop.example`, or with a name before it: `Shop <news@shop.example>`",
      wrong: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "shop", to: name, subject: "Hello"
          text: "Hello", idempotency_key: id
        }
        """##,
      right: ##"""
        task t using smtp {
          server: "smtps://mail.example:465", from: "Shop <news@shop.example>", to: name
          subject: "Hello", text: "Hello", idempotency_key: id
        }
        """##),
  ]
}
