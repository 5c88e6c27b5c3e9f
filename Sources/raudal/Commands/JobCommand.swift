import ArgumentParser
import Jobs

struct JobCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job",
    abstract: "Submit files as tasks, and steer and follow what becomes of them.",
    discussion: """
      A definition that executes a task steered by a table (`| execute send_email as result \
      steered by jobs on job`) carries jobs out while it runs; these commands write to its topics \
      and read them. Documentation/jobs.md has a walk-through.

      EXAMPLES
        raudal job topics --in email_campaign.raudal
        raudal job submit list.csv --to send_email --name spring --set template=spring
        raudal job show spring
        raudal job pause spring
        raudal job redrive spring --where "status == 429"
        raudal job report spring --format csv
      """,
    subcommands: [
      Submit.self, List.self, Show.self, Pause.self, Resume.self, Cancel.self, Rate.self,
      Redrive.self, Report.self, Topics.self,
    ])

  /// The job that a command is about.
  struct Name: ParsableArguments {
    @Argument(help: "The job's name.")
    var name: String
  }
}

extension JobCommand {
  struct Topics: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the topics of the definition that are not there yet.",
      discussion: """
        Those of tables and of sinks with `updates: upsert` are compacted, but for tables \
        `versioned`, which need all that was so. A topic that is there stays as it is.

        EXAMPLES
          raudal job topics --in email_campaign.raudal --partitions 8
        """)

    @OptionGroup var place: JobPlace

    @Option(
      help: ArgumentHelp("Partitions of topics of tasks and outcomes.", valueName: "N"))
    var partitions: Int32 = 4

    @Option(
      help: ArgumentHelp("Copies of each; by default what the cluster says.", valueName: "N"))
    var replicas: Int32 = -1

    func validate() throws {
      if partitions < 1 { throw ValidationError("--partitions is positive") }
    }

    func run() throws {
      try tellingJobs {
        let scene = try place.open()
        for topic in JobTopics.all(of: scene.plan) {
          let place = try scene.access.place(of: topic.connector, topic.block)
          let settings = topic.isCompacted ? ["cleanup.policy": "compact"] : [:]
          let isNew = try scene.access.create(
            place, partitions: topic.isWhole ? 1 : partitions, replicas: replicas,
            settings: settings)
          Terminal.write("\(place.name): \(isNew ? "made" : "is there") (\(topic.block))\n")
        }
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the jobs and where they are.",
      discussion: """
        `retrying` are those of the waiting that were called and are to be tried again. The run \
        that carries the jobs out says it, where it is at work on this machine.

        EXAMPLES
          raudal job list --in email_campaign.raudal
          raudal job list --retrying
        """)

    @Flag(help: "Only jobs of which tasks wait to be tried again.")
    var retrying = false

    @OptionGroup var task: JobTask
    @OptionGroup var state: JobRun

    func run() throws {
      try tellingJobs {
        let scene = try task.open()
        let progress = try JobProgress(scene.definition, scene.access)
        let retries = state.retries(scene.definition)
        if retrying, retries == nil { throw unknownRetries(scene.definition) }
        var standings = try scene.board().jobs().map { job in
          JobStanding(
            job, progress.counts(of: job.name), retrying: retries?.count(job.name))
        }
        if retrying { standings.removeAll { $0.retrying == 0 } }
        Terminal.write(JobText.list(standings))
      }
    }

    private func unknownRetries(_ definition: JobDefinition) -> CommandFailure {
      CommandFailure(
        "--retrying: no run of pipeline \(definition.pipeline) is at work here that says which"
          + " tasks are to be tried again; start it, or name its state directory with --state")
    }
  }
}
