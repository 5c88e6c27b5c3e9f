extension ProjectTemplate {
  static let cleaningDefinition = #"""
    /// Payments from a spreadsheet's CSV, typed; rows that can't be read are kept apart.
    pipeline PIPELINE

    settings { on_error: dead_letter to file { path: "output/broken" } }

    type Line {
      id: string from "Payment ID"
      amount: string from "Amount"
      currency: string
      booked: timestamp as "dd.MM.yyyy HH:mm" zone "Europe/Madrid"
    }

    source lines: Line from file {
      path: "data/payments.csv"
      format: csv
      separator: ";"
      event_time: booked
    }

    stream payments = lines
      | where upper(trim(currency)) == "EUR"
      | map {
          id = trim(id)
          amount = cast(replace(replace(amount, ".", ""), ",", ".") as decimal(12, 2))
          booked
        }
      | where amount > 0

    sink payments to file { path: "output/payments", format: json }

    test "an amount is read as it is written in Spain" {
      given lines [
        { id: " p1 ", amount: "1.250,00", currency: "eur", booked: "2026-01-01T09:00:00Z" }
        { id: "p2",   amount: "3,5",      currency: "USD", booked: "2026-01-01T09:00:00Z" }
      ]
      expect payments [ { id: "p1", amount: 1250 } ]
    }

    test "an amount that is no number goes aside and the rest goes on" {
      given lines [
        { id: "p1", amount: "a lot", currency: "EUR", booked: "2026-01-01T09:00:00Z" }
        { id: "p2", amount: "5,50",  currency: "EUR", booked: "2026-01-01T09:01:00Z" }
      ]
      expect payments [ { id: "p2", amount: 5.50 } ]
    }

    """#

  static let cleaningData = [
    (
      path: "data/payments.csv",
      text: #"""
      Payment ID;Amount;currency;booked
      p1;1.250,00;EUR;01.03.2026 10:00
      p2;19,99;eur ;01.03.2026 10:30
      p3;n/a;EUR;01.03.2026 11:00
      p4;7,00;USD;01.03.2026 11:15
      p5;3,00;EUR;31.02.2026 12:00

      """#
    )
  ]
}
