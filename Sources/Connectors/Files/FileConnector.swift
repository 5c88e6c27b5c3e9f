package import Platform
package import Plans
package import Schemas

/// The connector `file`.
package struct FileConnector: ConnectorFactory {
  package let name = "file"
  /// The files below a sink's directory; tests give failing ones.
  private let openDirectory: @Sendable (String) -> any FileStore

  package init(
    openDirectory: @escaping @Sendable (String) -> any FileStore = { LinuxFileStore(root: $0) }
  ) {
    self.openDirectory = openDirectory
  }

  package func makeSource(
    _ spec: SourceSpec, options: ResolvedOptions, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Source {
    let options = try FileOptions(
      place: spec.place, options, spec.decoding, environment)
    return FileSource(name: spec.name, options: options, lanes: environment.lanes)
  }

  package func makeSink(
    _ spec: SinkSpec, schema: Schema, options: ResolvedOptions,
    transaction: (any TransactionalOutput)?, environment: ConnectorEnvironment
  ) throws(ConnectorError) -> any Sink {
    let place = "sink `\(spec.name)`"
    let path = environment.path(try options.requiredText("path", in: place))
    let compression = try options.word(
      "compression", of: ["none", "zstd", "lz4", "gzip"], else: "none", in: place)
    let partSize = try options.int("part_size", else: 256 << 20, atLeast: 1, in: place)
    let suffix =
      switch spec.encoding.format {
      case .json: "jsonl"
      case .csv: "csv"
      case .text: "txt"
      }
    let settings = FileSink.Settings(
      name: spec.name, pipeline: environment.pipeline, place: place,
      compression: Compression(option: compression, path: ""), suffix: suffix,
      partSize: Int(partSize), waitsForCommit: spec.delivery == .exactlyOnce,
      isUpsert: spec.updates == .upsert)
    return FileSink(
      settings, spec.encoding, schema: schema, files: openDirectory(path),
      lanes: environment.lanes, clock: environment.clock)
  }
}
