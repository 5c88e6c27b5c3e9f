extension OptionValue {
  /// The addresses of a text `host:port, …`, in whatever order and layout it names them; nil where
  /// only a start knows them, from the environment.
  package var addresses: Set<String>? {
    guard case .string(let text) = self else { return nil }
    return Set(text.split(separator: ",").map { $0.filter { !$0.isWhitespace } })
  }
}
