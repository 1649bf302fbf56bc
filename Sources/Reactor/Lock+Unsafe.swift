// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A mutex. Not recursive. Held for a few statements, never across a system call that can wait.
///
/// The thread sanitizer follows pthread mutexes; in correct code with the standard library's `Mutex` it reports races.
// `@unchecked`: the pointer never changes and a pthread mutex may be used from every thread.
@safe public final class Lock: @unchecked Sendable {
    // SAFETY: allocated in init, freed in deinit, at one address in between as pthread demands.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    public init() {
        // SAFETY: fresh memory for one mutex, initialised here and nowhere else.
        unsafe mutex = .allocate(capacity: 1)
        let failure = unsafe pthread_mutex_init(mutex, nil)
        precondition(failure == 0, "a plain mutex needs no resources")
    }

    deinit {
        // SAFETY: nobody holds a reference any more, so nobody holds the lock.
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` while no other thread is inside a `withLock` of this lock.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: the mutex is alive as long as self.
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body()
    }
}

/// A value that is only reached under its lock.
// `@unchecked`: `value` is private and touched in `withLock` only, that is by one thread at a time.
public final class Locked<Value: ~Copyable>: @unchecked Sendable {
    private let lock = Lock()
    private var value: Value

    public init(_ value: consuming sending Value) {
        self.value = value
    }

    /// Runs `body` on the value while no other thread can.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try lock.withLock { () throws(Failure) -> Result in try body(&value) }
    }
}
