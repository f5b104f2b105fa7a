internal import Glibc

/// Takes the place of the standard library's `Mutex` under the thread sanitizer, with the same interface.
///
/// That one is a futex inside a library that is not instrumented, so the sanitizer would see every state
/// behind it as unguarded. It knows what pthread's lock means.
public final class Mutex<Value>: @unchecked Sendable {
    // Unchecked because `value` is only reached with `lock` held.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    public init(_ initialValue: consuming sending Value) {
        value = initialValue
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }
}
