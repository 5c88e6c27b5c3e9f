extension DiagnosticPage {
  static let matches: [DiagnosticPage] = [
    DiagnosticPage(
      "E0370",
      "more than 32 names in a `match`"),
    DiagnosticPage(
      "E0371",
      "a condition of a `match` that asks for rows of which none can be there before its own: "
        + "it sees its row, and the rows that were taken before it",
      advice: "ask in the condition of the later row, which sees both; `prev(c)` is that of the "
        + "row directly before; a name behind a `not` at the beginning asks for no rows",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid and cost > b.cost
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0 and cost < a.cost
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0372",
      "a name in the sequence of a `match`, or behind `skip`, that no condition defines",
      advice: "`NAME = CONDITION` below the sequence",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, c
            a = paid
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0373",
      "a sequence that matches no row at all as well: all of it may be absent",
      advice: "`+` for `*`, or a name without `?`",
      wrong: ##"""
        | match by id within 1h {
            sequence: a*, b?
            a = paid
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a*, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0374",
      "`not` where it can't stand: it is what lies between two rows of a sequence, or what "
        + "does not come behind the last one or before the first",
      advice: "what follows a `not` must be there, or it is the last of the whole sequence; as the "
        + "first of the whole it looks at what was before a match; two of them beside each other "
        + "are one, `not (a | b)`",
      wrong: ##"""
        | match by id within 1h {
            sequence: b, not a, b?
            a = paid
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: b, not a, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0375",
      "a `not` at the beginning or end of a sequence without `within`: nothing says how long the "
        + "row must not come",
      advice: "`within D`",
      wrong: ##"""
        | match by id {
            sequence: a, not b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, not b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0376",
      "a quantifier that can't be: more at least than at most, none at all, or of a part "
        + "that may be absent",
      wrong: ##"""
        | match by id within 1h {
            sequence: a{3, 2}, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a{2, 3}, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0377",
      "a sequence of more than 1,000 parts, repetitions counted each time",
      advice: "`a+`, and a condition on `count(a)` behind the match",
      wrong: ##"""
        | match by id within 1h {
            sequence: a{1001}, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a+, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0378",
      "`skip` to a row that is the first of each match: the next one would begin where this "
        + "one does",
      advice: "`skip: to_next` goes on from the row behind it",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, b+
            a = paid
            b = cost > 0
            emit { id }
            skip: to_first a
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b+
            a = paid
            b = cost > 0
            emit { id }
            skip: to_next
          }
        """##),
    DiagnosticPage(
      "E0379",
      "a column of rows that no match has, since their name stands behind `not` alone",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, not b
            a = paid
            b = cost > 0
            emit { id, b.cost }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, not b
            a = paid
            b = cost > 0
            emit { id, a.cost }
          }
        """##),
    DiagnosticPage(
      "E0380",
      "an aggregate over rows of different names of a `match`",
      advice: "one for each, and computed with both: `first(a.c) - last(b.c)`",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
            emit { id, less = sum(a.cost - b.cost) }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
            emit { id, less = sum(a.cost) - sum(b.cost) }
          }
        """##),
    DiagnosticPage(
      "E0381",
      "a column, or a name of rows, where a match has many values",
      advice: "`a.c` is that of the last row of `a`, `first(a.c)`, `sum(a.c)` and the like "
        + "aggregate, `sum(c)` over all rows of the match",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
            emit { id, cost }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
            emit { id, cost = a.cost }
          }
        """##),
    DiagnosticPage(
      "E0382",
      "the event time of rows, computed with inside of an aggregate: it is no column",
      advice: "compute with the result; or with the column that the source takes the time from",
      wrong: ##"""
        | match by id within 1h {
            sequence: a+, b
            a = paid
            b = cost > 0
            emit { id, days = collect(to_date(a.event_time)) }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a+, b
            a = paid
            b = cost > 0
            emit { id, days = collect(to_date(a.at)) }
          }
        """##),
    DiagnosticPage(
      "E0383",
      "a name of rows that is a column's, a side's or a key's already",
      advice: "another name",
      wrong: ##"""
        | match by id within 1h {
            sequence: paid, b
            paid = cost > 1
            b = cost > 0
            emit { id }
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b
            a = cost > 1
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "E0384",
      "a `match` without `emit`",
      advice: "`emit { … }` with the columns that come out of a match",
      wrong: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
          }
        """##,
      right: ##"""
        | match by id within 1h {
            sequence: a, b
            a = paid
            b = cost > 0
            emit { id }
          }
        """##),
    DiagnosticPage(
      "W0323",
      "a `match` without `within`: rows wait for the rest of a sequence for as long as the "
        + "pipeline runs, which grows with the number of keys",
      advice: "`within D`",
      wrong: ##"""
        stream s = e
          | match by id {
              sequence: a, b
              a = paid
              b = cost > 0
              emit { id }
            }
        sink s to print
        """##,
      right: ##"""
        stream s = e
          | match by id within 1h {
              sequence: a, b
              a = paid
              b = cost > 0
              emit { id }
            }
        sink s to print
        """##),
    DiagnosticPage(
      "W0324",
      "a name of a `match` that its sequence does not hold: rows that meet it are seen all "
        + "the same, and break a sequence",
      advice: "leave it out, if it is not there for that",
      wrong: ##"""
        stream s = e
          | match by id within 1h {
              sequence: a, a
              a = paid
              b = cost > 0
              emit { id }
            }
        sink s to print
        """##,
      right: ##"""
        stream s = e
          | match by id within 1h {
              sequence: a, a
              a = paid
              emit { id }
            }
        sink s to print
        """##),
  ]
}
