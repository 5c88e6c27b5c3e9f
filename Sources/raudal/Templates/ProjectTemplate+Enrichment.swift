extension ProjectTemplate {
  static let enrichmentDefinition = #"""
    /// Takings of each market and channel by hour; orders of unknown customers are kept apart.
    pipeline PIPELINE

    type Order {
      order_id: int
      customer_id: string
      amount: decimal(12, 2)
      at: timestamp
    }
    type Customer { customer_id: string, market: string, channel: string }

    source orders: Order from file {
      path: "data/orders.jsonl"
      format: json
      event_time: at
      lateness: 1m
      on_error: dead_letter to file { path: "output/broken" }
    }

    table customers: Customer key customer_id from file { path: "data/customers.csv", format: csv }

    stream attributed = orders
      | enrich customers on customer_id required

    stream takings = attributed
      | window tumbling 1h by market, channel { orders = count(), takings = sum(amount) }

    sink takings to file { path: "output/takings", format: json }
    sink attributed.unmatched to file { path: "output/unknown_customers", format: json }

    test "an order counts for its customer's market" {
      given customers [ { customer_id: "u1", market: "es", channel: "search" } ]
      given orders [
        { order_id: 1, customer_id: "u1", amount: 10.5, at: "2026-01-01T00:10:00Z" }
        { order_id: 2, customer_id: "u1", amount: 5,    at: "2026-01-01T00:50:00Z" }
        { order_id: 3, customer_id: "u9", amount: 7,    at: "2026-01-01T00:55:00Z" }
      ]
      expect takings [ { market: "es", channel: "search", orders: 2, takings: 15.5 } ]
      expect attributed.unmatched [ { order_id: 3, customer_id: "u9" } ]
    }

    """#

  static let enrichmentData = [
    (
      path: "data/orders.jsonl",
      text: #"""
      {"order_id":1,"customer_id":"u1","amount":19.90,"at":"2026-03-01T09:05:00Z"}
      {"order_id":2,"customer_id":"u2","amount":45.00,"at":"2026-03-01T09:20:00Z"}
      {"order_id":3,"customer_id":"u1","amount":5.25,"at":"2026-03-01T09:48:00Z"}
      {"order_id":4,"customer_id":"u3","amount":99.99,"at":"2026-03-01T10:02:00Z"}
      {"order_id":5,"customer_id":"u7","amount":12.00,"at":"2026-03-01T10:15:00Z"}

      """#
    ),
    (
      path: "data/customers.csv",
      text: #"""
      customer_id,market,channel
      u1,es,search
      u2,pt,social
      u3,es,email

      """#
    ),
  ]
}
