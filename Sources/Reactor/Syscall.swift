// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

// System calls that belong to no family of their own. The others: SyscallEpoll, SyscallSocket, SyscallThread,
// SyscallChild, SyscallUser.

/// Repeats a call that a signal interrupted. The only place that knows EINTR.
///
/// A bad descriptor or address is our own bug and ends the program: going on would mean reading from or writing to
/// somebody else's connection.
@inline(__always)
func uninterrupted(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code == EINTR { continue }
        precondition(
            code != EBADF && code != EFAULT && code != ENOTSOCK,
            "a system call on a descriptor that is not ours"
        )
        return result
    }
}

/// As `uninterrupted`, with `errno` as an error.
func checked(_ what: StaticString, _ call: () -> Int32) throws(ReactorError) -> Int32 {
    let result = uninterrupted { Int(call()) }
    guard result >= 0 else { throw ReactorError(code: errno, what: what) }
    return Int32(truncatingIfNeeded: result)
}

func closeDescriptor(_ descriptor: Int32) {
    // Linux has closed the descriptor also where it reports EINTR or a late write error.
    guard close(descriptor) != 0 else { return }
    precondition(errno != EBADF, "a descriptor was closed twice")
}

func setNonBlocking(_ descriptor: Int32) throws(ReactorError) {
    let flags = try checked("fcntl(F_GETFL)") { fcntl(descriptor, F_GETFL, 0) }
    _ = try checked("fcntl(F_SETFL)") { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
}

/// The system's words for an `errno`.
func errorText(_ code: Int32) -> String {
    // SAFETY: glibc answers a constant, or a buffer of this thread, which is copied at once.
    unsafe String(cString: strerror(code))
}

func readMonotonicClock() -> (seconds: Int, nanoseconds: Int) {
    var time = timespec()
    // SAFETY: the kernel fills one timespec of ours. The call cannot fail for a clock that exists.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return (time.tv_sec, time.tv_nsec)
}

func readRealClock() -> (seconds: Int, nanoseconds: Int) {
    var time = timespec()
    // SAFETY: as above.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return (time.tv_sec, time.tv_nsec)
}

/// A counter that can wake an `epoll_wait`.
func makeEventDescriptor() throws(ReactorError) -> FileDescriptor {
    let flags = Int32(EFD_CLOEXEC | EFD_NONBLOCK)
    return FileDescriptor(owning: try checked("eventfd") { eventfd(0, flags) })
}

func signalEvent(_ descriptor: Int32) {
    // EAGAIN would need 2^64 wake-ups that nobody read; a counter that full wakes as well.
    _ = eventfd_write(descriptor, 1)
}
