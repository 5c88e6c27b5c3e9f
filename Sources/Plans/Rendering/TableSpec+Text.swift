extension TableSpec {
  /// How it is asked, or read anew.
  var policyLines: [String] {
    [lookup?.line, refresh.map { "read anew every \(TimeRendering.duration($0))" }]
      .compactMap(\.self)
  }
}
