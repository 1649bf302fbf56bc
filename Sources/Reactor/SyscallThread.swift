// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A thread of the program, to be joined by whoever started it.
public struct Thread: ~Copyable, Sendable {
    private let handle: pthread_t

    /// Starts a thread that runs `body` and ends. The name is for `ps` and debuggers, at most 15 bytes of it.
    /// - Throws: where the system has no room for another thread.
    public static func start(
        name: StaticString,
        _ body: @escaping @Sendable () -> Void
    ) throws(ReactorError) -> Thread {
        var handle = pthread_t()
        // SAFETY: the box is handed over with one reference, which the new thread takes; where there is none, we do.
        let box = unsafe Unmanaged.passRetained(Start(name: "\(name)", body: body))
        let code = unsafe pthread_create(&handle, nil, runThread, box.toOpaque())
        guard code == 0 else {
            unsafe box.release()
            throw ReactorError(code: code, what: "pthread_create")
        }
        return Thread(handle: handle)
    }

    /// Nobody will wait for the thread: its memory is given back when it ends.
    public consuming func detach() { pthread_detach(handle) }

    /// Waits for the thread's end. A thread that is neither joined nor detached keeps its stack until the program ends.
    public consuming func join() {
        // SAFETY: joined once, since this consumes the only handle; nobody wants the thread's result.
        let code = pthread_join(handle, nil)
        precondition(code == 0, "a thread cannot wait for itself")
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    // SAFETY: the box that `start` retained for us, and only for us.
    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    // SAFETY: the string is NUL-terminated during the call; the kernel takes 15 bytes of it.
    unsafe start.name.withCString { unsafe gatehouse_name_thread($0) }
    start.body()
    return nil
}

/// A number that no other living thread has.
func currentThread() -> UInt { UInt(pthread_self()) }

/// Signals of the whole process.
public enum Signals {
    /// Those that the program takes by `SignalSource` or not at all.
    public static let handled: [Int32] = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE]

    /// Blocks `handled` in the calling thread and in all that it starts from now on, and ignores SIGPIPE: a write to a
    /// closed connection is an error code. To be called first of all.
    public static func block() {
        var set = makeSignalSet(handled)
        // SAFETY: the set is ours and read during the call; nobody asks for the old one.
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }
}

/// What other processes of the same user may see of this one.
public enum ProcessMemory {
    /// Closes /proc/<pid>/environ, mem, fd and the like, and ptrace, to everybody but root, and switches core dumps
    /// off.
    /// Without it a stdio child that runs as the gateway's own user can read the gateway's secrets.
    public static func hide() {
        // Fails for values that do not exist only.
        _ = gatehouse_hide_memory()
    }
}

func makeSignalSet(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    // SAFETY: both fill in a set of ours.
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    return set
}

/// A descriptor from which the given signals are read, one number at a time. They must be blocked in every thread.
func makeSignalDescriptor(_ signals: [Int32]) throws(ReactorError) -> FileDescriptor {
    var set = makeSignalSet(signals)
    let flags = Int32(SFD_CLOEXEC | SFD_NONBLOCK)
    // SAFETY: the kernel reads the set during the call.
    return FileDescriptor(owning: try checked("signalfd") { unsafe signalfd(-1, &set, flags) })
}

/// The next signal that has arrived, nil for none.
func readSignal(_ descriptor: Int32) -> Int32? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    // SAFETY: the kernel writes one record of that size into ours.
    let count = uninterrupted { unsafe read(descriptor, &information, size) }
    return count == size ? Int32(truncatingIfNeeded: information.ssi_signo) : nil
}
