extension DiagnosticPage {
  static let marketing: [DiagnosticPage] = [
    DiagnosticPage(
      "E0355", "a variant of an `experiment` that is no text",
      advice: "make text of it; rows in which it is null are no exposures",
      wrong: "| experiment of cost by id converted paid within 7d every 1h expire after 90d "
        + "{ a: 50%, b: 50% }",
      right: "| experiment of name by id converted paid within 7d every 1h expire after 90d "
        + "{ a: 50%, b: 50% }"),
    DiagnosticPage(
      "E0356", "a share of an `experiment` that is not between 0% and 100%",
      advice: "of a variant, of `confidence` and of `effect`",
      wrong: "| experiment of name by id converted paid within 7d every 1h confidence 100% "
        + "expire after 90d { a: 50%, b: 50% }",
      right: "| experiment of name by id converted paid within 7d every 1h confidence 95% "
        + "expire after 90d { a: 50%, b: 50% }"),
    DiagnosticPage(
      "E0357", "the variants of an `experiment` are not all of it, or are less than two",
      advice: "shares that are 100% together, to a tenth of a percent; the first is the control",
      wrong: "| experiment of name by id converted paid within 7d every 1h expire after 90d "
        + "{ a: 50%, b: 25% }",
      right: "| experiment of name by id converted paid within 7d every 1h expire after 90d "
        + "{ a: 50%, b: 25%, c: 25% }"),
    DiagnosticPage(
      "E0358", "users of an `experiment` expire before their conversions count no more",
      advice: "let `expire after` be as long as the experiment lasts",
      wrong: "| experiment of name by id converted paid within 7d every 1h expire after 1d "
        + "{ a: 50%, b: 50% }",
      right: "| experiment of name by id converted paid within 7d every 1h expire after 90d "
        + "{ a: 50%, b: 50% }"),
    DiagnosticPage(
      "E0385", "a model of what is expected that does not exist",
      advice: "`ewma(half_life: 6h)` or `seasonal(period: 7d, step: 1h, half_life: 28d)`",
      wrong: "| anomaly of cost by id using mean(half_life: 6h) above 4 after 20 rows "
        + "expire after 30d as a",
      right: "| anomaly of cost by id using ewma(half_life: 6h) above 4 after 20 rows "
        + "expire after 30d as a"),
    DiagnosticPage(
      "E0386", "what `anomaly` looks at is no number",
      advice: "an int, decimal or float; how many rows come is a `window` with `count()` before",
      wrong: "| anomaly of name by id using ewma(alpha: 0.1) above 4 after 20 rows "
        + "expire after 30d as a",
      right: "| anomaly of cost by id using ewma(alpha: 0.1) above 4 after 20 rows "
        + "expire after 30d as a"),
    DiagnosticPage(
      "E0387", "steps of a `seasonal` baseline that expire before they come again",
      advice: "let `expire after` be some periods long",
      wrong: "| anomaly of cost by id using seasonal(period: 7d, step: 1h, alpha: 0.1) above 4 "
        + "after 3 rows expire after 1d as a",
      right: "| anomaly of cost by id using seasonal(period: 7d, step: 1h, alpha: 0.1) above 4 "
        + "after 3 rows expire after 28d as a"),
    DiagnosticPage(
      "E0388", "a `retention` with a zone whose periods are no whole days",
      advice: "days and weeks follow a clock; leave `zone` out for shorter periods",
      wrong: "| retention 1h by id zone \"Europe/Madrid\" for 24 periods",
      right: "| retention 1d by id zone \"Europe/Madrid\" for 30 periods"),
    DiagnosticPage(
      "E0389", "a `retention` of more periods than there may be",
      advice: "a thousand; each cohort has a row for each, so take longer periods",
      wrong: "| retention 1m by id for 100_000 periods",
      right: "| retention 1d by id for 60 periods"),
    DiagnosticPage(
      "E0396",
      "a model of attribution that does not exist, or one of it or of `anomaly` that is set as "
        + "it can't be",
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
      "more look-backs of an `attribute`, caps of a `frequency_cap`, rows of a cap, or variants of "
        + "an `experiment` than there may be",
      advice: "eight look-backs or caps; ten thousand rows of a cap; sixteen variants",
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
