import Glibc
import Platform

/// Files that options name and libraries read, which would say which of their calls failed and not
/// which option is wrong.
extension ConnectorEnvironment {
  /// The path of a file that can be read, as the process sees it.
  package func readable(
    _ path: String, option: String, in place: String
  ) throws(ConnectorError) -> String {
    try Self.readable(path, in: directory, option: option, place)
  }

  /// The same of a file with certificates.
  package func certificates(
    _ path: String, option: String, in place: String
  ) throws(ConnectorError) -> String {
    let path = try readable(path, option: option, in: place)
    guard let text = OptionResolver.read(path), text.contains("-----BEGIN") else {
      throw ConnectorError(
        .configuration, "\(place): `\(option)`: \(path) holds no certificates (PEM)")
    }
    return path
  }

  /// The same where the definition lies in `directory`.
  package static func readable(
    _ path: String, in directory: String, option: String, _ place: String
  ) throws(ConnectorError) -> String {
    let path = Self.path(path, in: directory)
    guard access(path, R_OK) != 0 else { return path }
    let error = FileError(code: errno, path: path, operation: "read")
    throw ConnectorError(
      .configuration,
      "\(place): `\(option)`: \(error). Correct the path; a relative one begins where the"
        + " definition is")
  }
}
