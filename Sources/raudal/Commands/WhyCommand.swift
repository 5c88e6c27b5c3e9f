import ArgumentParser
import Checkpoints
import Compiler
import FoundationEssentials
import Glibc
import KeyedState
import Plans
import Platform
import Schemas

struct WhyCommand: ParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say what a pipeline waits for, and what costs it time.",
    discussion: """
      Which partition holds the watermark and since when, which windows are open and when they \
      close, how many rows were late and by how much, which key is hottest, which operator is \
      slowest. Of a pipeline that runs, or as it was when it ended.

      EXAMPLES
        raudal why Pipelines/campaign_views.raudal
        raudal why my.raudal --state /var/lib/raudal/my
        raudal why my.raudal --format json
      """)

  @ArgumentParser.OptionGroup var definition: DefinitionOptions

  @ArgumentParser.Option(
    help: ArgumentHelp(
      "The state directory; by default .raudal/<pipeline>.", valueName: "DIR"))
  var state: String?

  @ArgumentParser.Option(help: "text, or json: what the run has written, for other programs.")
  var format = Format.text

  func run() throws {
    let compilation = try definition.compile()
    guard let plan = compilation.physical else { return }
    let directory = state ?? StateDirectory.path(of: plan.pipeline)
    guard access(directory, F_OK) == 0 else {
      throw CommandFailure(
        "there is no state directory \(directory): run the pipeline first, or name its directory"
          + " with --state")
    }
    let report = try report(in: directory, of: plan.pipeline)
    if format == .json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      let bytes = try encoder.encode(report)
      return Terminal.write(String(decoding: bytes, as: UTF8.self) + "\n")
    }
    let now = SystemClock().now().microseconds
    let isRunning = report.isRunning(at: now)
    Terminal.write(WhyText(report: report, isRunning: isRunning, now: now).text)
    if !isRunning { Terminal.write(stored(in: directory)) }
  }

  private func report(in directory: String, of pipeline: String) throws -> StatusReport {
    do {
      let report = try StatusFile(directory: directory).read()
      guard report.pipeline == pipeline else {
        throw CommandFailure(
          "\(directory) is the state of pipeline `\(report.pipeline)`, and \(definition.file) is"
            + " pipeline `\(pipeline)`")
      }
      return report
    } catch StatusFile.Failure.absent {
      throw CommandFailure(
        "no run has left word in \(directory) of what it does: a run of this version does so from"
          + " its first second on; `raudal checkpoint list \(directory)` shows its checkpoints")
    } catch StatusFile.Failure.unreadable(let reason) {
      throw CommandFailure(reason)
    }
  }

  /// What the last checkpoint holds; nothing where there is none.
  private func stored(in directory: String) -> String {
    guard let store = try? CheckpointStore.opening(LinuxFileStore(root: directory)),
      let epoch = try? store.manifests().last?.epoch,
      let contents = try? store.contents(of: epoch)
    else { return "" }
    var rows = [["  OPERATOR", "STATE", "ROWS"]]
    for state in contents.rowCounts where state.rows > 0 {
      rows.append(["  \(state.owner.name)", state.state.name, "\(state.rows)"])
    }
    let title = "\nSTATE of checkpoint \(epoch), \(contents.manifest.size) bytes\n"
    return rows.count > 1 ? title + Table.text(rows) : ""
  }
}
