internal import NIOCore

/// Runs the jobs of tasks on the thread of an event loop.
///
/// A task that waits for the loop's connections then continues on the thread that received the response: no other
/// thread has to wake up, and the response stays in the caches of one core. The jobs must not block.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
