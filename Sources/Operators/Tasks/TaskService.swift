package import Columns

/// Who makes the calls of a task, for the operators of its stage on all workers.
package struct TaskService: Sendable {
  package var limits: TaskLimits
  package var perform: TaskPerformer
  package var read: TaskResponseReader

  package init(
    limits: TaskLimits, perform: @escaping TaskPerformer, read: @escaping TaskResponseReader
  ) {
    self.limits = limits
    self.perform = perform
    self.read = read
  }
}
