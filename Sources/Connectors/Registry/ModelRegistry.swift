package import Columns
package import Plans

/// The kinds of models that a program can run.
package struct ModelRegistry: Sendable {
  private var factories: [String: any ModelFactory] = [:]

  package init(_ factories: [any ModelFactory] = []) {
    for factory in factories { self.factories[factory.kind] = factory }
  }

  /// The versions of a model, opened, in their order. Relative paths are those of `directory`.
  package func open(
    _ spec: ModelSpec, resolver: OptionResolver, directory: String
  ) throws(ConnectorError) -> [any InferenceModel] {
    guard let factory = factories[spec.kind] else {
      throw ConnectorError(
        .configuration, "model `\(spec.name)`: this program runs no models of kind \(spec.kind)")
    }
    let baseline = try self.baseline(of: spec, resolver: resolver, directory: directory)
    var models: [any InferenceModel] = []
    for version in spec.versions {
      let place = Self.place(spec, version)
      let path = try Self.path(version.path, place, resolver, directory)
      do throws(ConnectorError) {
        let model = try factory.open(spec, path: path)
        models.append(baseline.map { BaselinedModel(model: model, baseline: $0) } ?? model)
      } catch {
        throw ConnectorError(error.kind, "\(place): \(error.message)")
      }
    }
    return models
  }

  /// Looks at models' files while a definition in `directory` is checked. A path that only the
  /// start knows is left to it.
  package func check(resolver: OptionResolver, directory: String) -> ModelCheck {
    ModelCheck { [factories] spec, version in
      if spec.remote != nil { return Self.finding(of: spec, resolver, directory) }
      guard let factory = factories[spec.kind],
        let path = try? Self.path(version.path, "", resolver, directory)
      else { return nil }
      return factory.finding(spec, path: path) ?? Self.finding(of: spec, resolver, directory)
    }
  }

  /// What is wrong with a model's baseline. A path that only the start knows is left to it.
  private static func finding(
    of spec: ModelSpec, _ resolver: OptionResolver, _ directory: String
  ) -> ModelCheck.Finding? {
    guard let option = spec.baseline, let path = try? Self.path(option, "", resolver, directory)
    else { return nil }
    do throws(BaselineError) {
      return try ModelBaseline.read(path).misfit(spec).map { .baseline($0) }
    } catch {
      return .baseline(error.reason)
    }
  }

  /// What a model's outputs are held against; nil: nothing.
  package func baseline(
    of spec: ModelSpec, resolver: OptionResolver, directory: String
  ) throws(ConnectorError) -> ModelBaseline? {
    guard let option = spec.baseline else { return nil }
    let place = "model `\(spec.name)`, its baseline"
    let path = try Self.path(option, place, resolver, directory)
    do throws(BaselineError) {
      let baseline = try ModelBaseline.read(path)
      guard let misfit = baseline.misfit(spec) else { return baseline }
      throw BaselineError(reason: misfit)
    } catch {
      throw ConnectorError(.configuration, "\(place): \(error.reason)")
    }
  }

  private static func place(_ spec: ModelSpec, _ version: ModelSpec.Version) -> String {
    "model `\(spec.name)`" + (version.name.map { ", version `\($0)`" } ?? "")
  }

  private static func path(
    _ path: OptionValue, _ place: String, _ resolver: OptionResolver, _ directory: String
  ) throws(ConnectorError) -> String {
    let options = try resolver.resolve([Option("path", path)], place: place)
    guard case .text(let path)? = options["path"], !path.isEmpty else {
      throw ConnectorError(.configuration, "\(place): `path` is no text")
    }
    return ConnectorEnvironment.path(path, in: directory)
  }
}
