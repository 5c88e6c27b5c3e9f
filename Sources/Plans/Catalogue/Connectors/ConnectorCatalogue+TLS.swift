/// How servers and we know each other, the same wherever there is TLS.
extension ConnectorCatalogue {
  static let authorities = OptionDescriptor(
    "ca", .text, fallback: "the system's",
    "A file with the authorities' certificates (PEM), relative to the definition.")

  /// What `tls: { … }` may hold.
  static let encryption: [OptionDescriptor] = [
    authorities,
    OptionDescriptor("certificate", .text, "A file with our own certificate (PEM), relative too."),
    OptionDescriptor("key", .text, "A file with its private key (PEM), relative too."),
  ]
}
