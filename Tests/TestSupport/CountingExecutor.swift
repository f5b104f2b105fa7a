import Dispatch
import Glibc
import Synchronization

/// An executor that counts the jobs of the tasks that prefer it.
public final class CountingExecutor: TaskExecutor {
    private let jobs = Atomic<Int>(0)
    /// The threads that run a job now.
    private let threads = Mutex<Set<pthread_t>>([])

    public init() {}

    public var count: Int { jobs.load(ordering: .relaxed) }

    /// Whether the caller is a part of a job of this executor.
    public var isCurrent: Bool { threads.withLock { $0.contains(pthread_self()) } }

    public func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        DispatchQueue.global().async {
            _ = self.threads.withLock { $0.insert(pthread_self()) }
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            _ = self.threads.withLock { $0.remove(pthread_self()) }
        }
    }
}
