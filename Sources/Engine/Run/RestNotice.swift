import Dataflow
import KeyedState
import Plans
import Schemas

/// What is told of a run that ended because all that is left are tasks that tables hold.
enum RestNotice {
  /// A line for each stage that has some.
  static func lines(_ plan: PhysicalPlan, _ job: JobStatus) -> [String] {
    plan.operators.compactMap { step in
      guard case .execute(let task) = step.kind, let steering = task.steering else { return nil }
      let waiting = job.stages.filter { $0.id == step.id }.compactMap(\.waiting)
      let count = waiting.reduce(0) { $0 + ($1.rows ?? 0) }
      guard count > 0 else { return nil }
      let rowless = waiting.reduce(0) { $0 + ($1.rowless?.count ?? 0) }
      let lack = rowless > 0 ? " (of \(rowless) it has no row)" : ""
      let tasks = count == 1 ? "1 task waits" : "\(count) tasks wait"
      return "\(tasks) in `\(step.id)`: table `\(steering.table)` holds back what is left\(lack),"
        + " and all else has ended. Let it go on there (`raudal job resume`, or a row whose `state`"
        + " is `running`), or cancel it, and run again: the next run goes on with these tasks"
    }
  }
}
