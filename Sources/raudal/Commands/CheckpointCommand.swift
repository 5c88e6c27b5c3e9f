import ArgumentParser
import Checkpoints
import Columns
import Glibc
import KeyedState
import Plans
import Platform
import Schemas

struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Look into a pipeline's checkpoints.",
    discussion: """
      They can be read without the definition, and while the pipeline runs.

      EXAMPLES
        raudal checkpoint list .raudal/campaign_views
        raudal checkpoint show .raudal/campaign_views 42 --rows 10
      """,
    subcommands: [List.self, Show.self])

  /// Where the checkpoints are; they can be read without the definition and while the engine runs.
  struct Place: ParsableArguments {
    @Argument(help: "The state directory, such as .raudal/campaign_views.")
    var directory: String

    func store() throws -> CheckpointStore {
      var status = stat()
      guard stat(directory, &status) == 0 else {
        let error = FileError(code: errno, path: directory, operation: "read")
        throw CommandFailure(
          "there is no state directory: \(error); name one such as .raudal/campaign_views")
      }
      if status.st_mode & S_IFMT != S_IFDIR {
        throw CommandFailure(
          "\(directory) is a file, not a state directory; name one such as .raudal/campaign_views")
      }
      do {
        return try CheckpointStore.opening(LinuxFileStore(root: directory))
      } catch { throw CommandFailure("\(directory): \(error)") }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the checkpoints of a state directory, oldest first.",
      discussion: """
        EXAMPLES
          raudal checkpoint list .raudal/campaign_views
        """)

    @ArgumentParser.OptionGroup var place: Place

    func run() throws {
      let store = try place.store()
      do {
        var rows = [["ID", "CREATED", "BYTES", "WORKERS", "STATUS"]]
        for summary in try store.summaries() {
          rows.append([
            "\(summary.id)",
            summary.manifest.map { TimeRendering.timestamp($0.createdAt.microseconds) } ?? "",
            "\(summary.ownSize)", summary.manifest.map { "\($0.workers)" } ?? "",
            Self.text(summary.status),
          ])
        }
        Terminal.write(Table.text(rows))
      } catch { throw CommandFailure("\(error)") }
    }

    static func text(_ status: CheckpointSummary.Status) -> String {
      switch status {
      case .committed: "committed"
      case .decidedByTransaction: "newest; the sink's cluster says whether it counts"
      case .finished: "finished"
      case .abandoned: "abandoned"
      case .damaged(let reason): "damaged: \(reason)"
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what a checkpoint holds.",
      discussion: """
        Positions, states and, with --rows, the first rows of each state, decoded without the \
        definition.

        EXAMPLES
          raudal checkpoint show .raudal/campaign_views 42
          raudal checkpoint show .raudal/campaign_views 42 --rows 10
        """)

    @ArgumentParser.OptionGroup var place: Place

    @Argument(help: "The checkpoint's id; by default the newest.")
    var id: UInt64?

    @ArgumentParser.Option(
      help: ArgumentHelp("Shows so many rows of each state.", valueName: "N"))
    var rows = 0

    func run() throws {
      let store = try place.store()
      do {
        guard let epoch = try id.map({ Epoch($0) }) ?? store.manifests().last?.epoch else {
          throw CommandFailure("\(place.directory) holds no checkpoint")
        }
        let contents = try store.contents(of: epoch)
        try contents.verify()
        Terminal.write(try text(contents))
      } catch let error as CheckpointError { throw CommandFailure("\(error)") }
    }

    private func text(_ contents: CheckpointContents) throws -> String {
      let manifest = contents.manifest
      var text = """
        checkpoint \(manifest.id) of pipeline \(manifest.pipeline)
          created   \(TimeRendering.timestamp(manifest.createdAt.microseconds))
          lineage   \(manifest.lineage)
          workers   \(manifest.workers)
          bytes     \(manifest.size) in \(Terminal.counted(manifest.parts.count, "part"))
          finished  \(manifest.isFinished ? "yes" : "no")

        """
      var partitions = [["PARTITION", "POSITION", "END", "WATERMARK"]]
      for stored in manifest.partitions {
        partitions.append([
          "\(stored.partition)", "\(stored.position.offset)",
          stored.end.map { $0.offset == .max ? "its end" : "\($0.offset)" } ?? "",
          Self.text(stored.watermark),
        ])
      }
      text += "\n" + Table.text(partitions)
      var states = [["OPERATOR", "STATE", "KIND", "ROWS", "COLUMNS"]]
      for state in contents.rowCounts {
        states.append([
          state.owner.name, state.state.name, state.state.kind.rawValue, "\(state.rows)",
          state.state.schema.description,
        ])
      }
      text += "\n" + Table.text(states)
      if rows > 0 {
        for entry in contents.rowCounts where entry.rows > 0 {
          text += "\n\(entry.owner) \(entry.state.name)\n"
          text += try firstRows(of: entry.state.name, entry.owner, contents)
        }
      }
      return text
    }

    private static func text(_ watermark: Timestamp) -> String {
      switch watermark {
      case .beginning: ""
      case .endOfTime: "end of time"
      default: TimeRendering.timestamp(watermark.microseconds)
      }
    }

    private func firstRows(
      of state: String, _ owner: OperatorID, _ contents: CheckpointContents
    ) throws -> String {
      let reader = contents.reader(of: owner)
      var table: [[String]] = []
      while table.count <= rows, let block = try reader.next() {
        guard block.state == state else { continue }
        if table.isEmpty { table.append(block.rows.schema.fields.map(\.name)) }
        for row in 0..<min(block.rows.rowCount, rows + 1 - table.count) {
          table.append(block.rows.columns.map { CellText.text($0, row) })
        }
      }
      return Table.text(table)
    }
  }
}
