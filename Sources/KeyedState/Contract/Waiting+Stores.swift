/// What each kind of state tells of what it holds: keys that something is known of, and rows that
/// wait for others or for their time.

extension SightingStore {
  package var waiting: Waiting { Waiting(keys: count) }
}

extension LatestRows {
  /// One row for each span that has not ended.
  package var waiting: Waiting { Waiting(rows: count) }
}

extension TopStore {
  package var waiting: Waiting { Waiting(rows: count) }
}

extension RunningTopStore {
  package var waiting: Waiting { Waiting(keys: keyCount) }
}

extension RunningStore {
  package var waiting: Waiting { Waiting(keys: count) }
}

extension FrameStore {
  package var waiting: Waiting { Waiting(keys: keyCount, rows: rowCount) }
}

extension FoldStore {
  package var waiting: Waiting { Waiting(keys: count) }
}

extension FunnelStore {
  package var waiting: Waiting { Waiting(keys: count) }
}

extension MatchStore {
  package var waiting: Waiting { Waiting(keys: count, rows: rowCount) }
}

extension FrequencyCapStore {
  package var waiting: Waiting { Waiting(keys: keyCount) }
}

extension AttributionStore {
  /// Conversions wait, touches are kept.
  package var waiting: Waiting { Waiting(keys: keyCount, rows: waitingCount) }
}

extension VersionStore {
  package var waiting: Waiting { Waiting(keys: count) }
}

extension UpsertStore {
  package var waiting: Waiting { Waiting(keys: count) }
}

extension OrderedRows {
  package var waiting: Waiting { Waiting(rows: waitingCount) }
}

extension JoinStore {
  package var waiting: Waiting { Waiting(rows: rowCount) }
}

extension SessionStore {
  package var waiting: Waiting {
    Waiting(sessions: Waiting.Sessions(count: sessionCount, earliestEnd: earliestEnd()))
  }
}

extension RefreshingSessionStore {
  package var waiting: Waiting {
    Waiting(sessions: Waiting.Sessions(count: sessionCount, earliestEnd: earliestEnd()))
  }
}
