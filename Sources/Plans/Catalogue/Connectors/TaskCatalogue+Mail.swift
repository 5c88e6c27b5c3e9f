import Schemas

extension TaskCatalogue {
  /// A mail for each task. Mail servers know no keys: one in doubt would be there twice.
  public static let smtp = TaskKind(
    "smtp", mailServer + mail + [mailAnswer], statuses: 200...599, done: 200...299,
    usualStatus: 250, hasClasses: true, retried: [.statusClass(4), .connect], concurrency: 8,
    most: 64, doubt: .hold,
    answer: [Field("message_id", .string), Field("reply", .string)])

  /// Headers that other options write.
  public static let mailHeaders = [
    "from", "to", "cc", "bcc", "reply-to", "sender", "subject", "date", "message-id",
    "mime-version", "content-type", "content-transfer-encoding", "content-disposition",
    "return-path", "received",
  ]

  private static let mailServer: [OptionDescriptor] = [
    OptionDescriptor(
      "server", .text, required: true,
      "`smtps://host:465`, encrypted from the start; or `smtp://host:587`, which must offer "
        + "encryption (STARTTLS) unless `tls` is `false`."),
    OptionDescriptor("user", .secretText, "Who we are there, together with `password`."),
    OptionDescriptor("password", .secretText, "Our password."),
    OptionDescriptor(
      "tls", .bool, fallback: "true",
      "Whether `smtp://` must be encrypted. Without, anyone on the way reads along; with `user` it "
        + "can't be left out."),
    ConnectorCatalogue.authorities,
    OptionDescriptor(
      "hello", .text, fallback: "the machine's name", "The name under which we greet the server."),
    OptionDescriptor(
      "connections", .int(1...64), fallback: "as many as calls may be under way",
      "Connections of the process to the server, each of which carries one mail after the other."),
  ]

  private static let mail: [OptionDescriptor] = [
    OptionDescriptor(
      "from", .template, required: true,
      "Who sends it: `news@shop.example`, or `Shop <news@shop.example>`."),
    OptionDescriptor(
      "to", .templates, required: true,
      "Who gets it, one or several: `email`, `[\"\\(name) <\\(email)>\"]`."),
    OptionDescriptor(
      "cc", .templates, fallback: "none", "Who gets a copy; those that are null: none."),
    OptionDescriptor(
      "bcc", .templates, fallback: "none", "Who gets one that the others don't see."),
    OptionDescriptor("reply_to", .template, fallback: "none", "Whom answers go to; null: none."),
    OptionDescriptor(
      "bounce_to", .template, fallback: "the address of `from`",
      "Where the mail goes back to if it can't be delivered (the envelope's sender)."),
    OptionDescriptor("subject", .template, required: true, "The subject, on one line."),
    OptionDescriptor(
      "text", .template, "The mail as plain text. This, `html`, or both: readers choose."),
    OptionDescriptor(
      "html", .markup,
      "The mail as HTML. Values of the row are escaped; `\\(raw(x))` stands as it is. A column "
        + "alone is the whole HTML."),
    OptionDescriptor(
      "headers", .textTemplates,
      "Further headers, texts that may hold values of the row: "
        + "`{ \"List-Unsubscribe\": \"<https://shop.example/off/\\(id)>\" }`."),
  ]

  private static let mailAnswer = OptionDescriptor(
    "response", .fields, fallback: "nothing is read",
    "What is read of the server's word: `message_id: string`, `reply: string`.")
}
