import Dispatch
import Synchronization

/// An executor that counts the jobs of the tasks that prefer it.
public final class CountingExecutor: TaskExecutor {
    private let jobs = Atomic<Int>(0)

    public init() {}

    public var count: Int { jobs.load(ordering: .relaxed) }

    public func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
