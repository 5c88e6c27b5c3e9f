extension ProjectTemplate {
  static let metricsDefinition = #"""
    /// Views, clicks and spend of each campaign by minute of event time.
    pipeline PIPELINE

    param period: duration = 1m

    type AdEvent {
      campaign_id: string
      kind: string
      cost: decimal(12, 4)?
      at: timestamp
    }

    source events: AdEvent from file {
      path: "data/events.jsonl"
      format: json
      event_time: at
      lateness: 10s
      on_error: dead_letter to file { path: "output/broken" }
    }

    stream campaigns = events
      | where kind in ["view", "click"]
      | window tumbling period by campaign_id {
          views = count(where kind == "view")
          clicks = count(where kind == "click")
          spend = sum(cost ?? 0)
        }

    sink campaigns to file { path: "output/campaigns", format: json }

    test "views and clicks are counted in their minute" {
      given events [
        { campaign_id: "c1", kind: "view",  cost: 0.2,  at: "2026-01-01T00:00:01Z" }
        { campaign_id: "c1", kind: "click", cost: 0.5,  at: "2026-01-01T00:00:59Z" }
        { campaign_id: "c1", kind: "view",  cost: null, at: "2026-01-01T00:01:00Z" }
        { campaign_id: "c2", kind: "other", cost: 1,    at: "2026-01-01T00:00:02Z" }
      ]
      expect campaigns [
        { campaign_id: "c1", window_start: "2026-01-01T00:00:00Z", views: 1, clicks: 1, spend: 0.7 }
        { campaign_id: "c1", window_start: "2026-01-01T00:01:00Z", views: 1, clicks: 0, spend: 0 }
      ]
    }

    """#

  static let metricsData = [
    (
      path: "data/events.jsonl",
      text: #"""
      {"campaign_id":"spring","kind":"view","cost":0.0125,"at":"2026-03-01T09:00:01Z"}
      {"campaign_id":"spring","kind":"view","cost":0.0150,"at":"2026-03-01T09:00:07Z"}
      {"campaign_id":"summer","kind":"view","cost":0.0200,"at":"2026-03-01T09:00:12Z"}
      {"campaign_id":"spring","kind":"click","cost":0.4000,"at":"2026-03-01T09:00:20Z"}
      {"campaign_id":"summer","kind":"view","at":"2026-03-01T09:01:03Z"}
      {"campaign_id":"summer","kind":"click","cost":0.3500,"at":"2026-03-01T09:01:40Z"}
      {"campaign_id":"spring","kind":"hover","at":"2026-03-01T09:01:41Z"}

      """#
    )
  ]
}
