extension DiagnosticPage {
  static let marketing: [DiagnosticPage] = [
    DiagnosticPage(
      "E0396", "a model of attribution that does not exist, or is set as it can't be",
      advice: "`first`, `last`, `linear`, `decay(half_life: 7d)` or "
        + "`position(first: 40%, last: 40%)`, whose shares are 100% at most and have at "
        + "most four decimals",
      wrong: "| attribute e as touch on id within 30d by decay(7d) of cost as credit",
      right: "| attribute e as touch on id within 30d by decay(half_life: 7d) of cost as credit"),
    DiagnosticPage(
      "E0397", "`on` of `attribute` with a condition that is no equality of the two streams",
      advice: "which touches count is said behind `within`, which conversions by a `where` before",
      wrong: "| attribute e as touch on id == touch.id and touch.paid within 1d by last of 1 as n",
      right: "| attribute e as touch on id within 1d where paid by last of 1 as n"),
    DiagnosticPage(
      "E0398", "what `attribute` shares out is no number",
      advice: "an int, decimal or float; `of 1.00` counts conversions, to the cent",
      wrong: "| attribute e as touch on id within 1d by linear of name as credit",
      right: "| attribute e as touch on id within 1d by linear of 1.00 as credit"),
    DiagnosticPage(
      "E0399",
      "more look-backs of an `attribute`, caps of a `frequency_cap`, or rows of a cap than there "
        + "may be",
      advice: "eight look-backs or caps; ten thousand rows of a cap",
      wrong: "| frequency_cap 20_000 per 1d by id",
      right: "| frequency_cap 20 per 1d by id"),
    DiagnosticPage(
      "W0325",
      "a look-back of `attribute` that never counts: one before it reaches as far, and asks for no "
        + "more of a touch",
      advice: "write the narrower one first",
      wrong: "| attribute e as touch on id within 30d else within 1d where paid by last of 1 as n",
      right: "| attribute e as touch on id within 1d where paid else within 30d by last of 1 as n"),
    DiagnosticPage(
      "W0326",
      "a cap that never refuses a row, because another one of its stage lets no more pass in its "
        + "time",
      advice: "leave it out, or make it stricter",
      wrong: "| frequency_cap 3 per 7d, 10 per 1d by id",
      right: "| frequency_cap 3 per 1d, 10 per 7d by id"),
  ]
}
