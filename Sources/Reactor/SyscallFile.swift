// SPDX-License-Identifier: Apache-2.0

internal import Glibc

func openAppending(_ path: [UInt8]) throws(ReactorError) -> FileDescriptor {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
    let descriptor = try checked("open") {
        // SAFETY: the path ends with a NUL and is read during the call.
        unsafe terminated.withUnsafeBufferPointer { name in
            guard let base = name.baseAddress else { return -1 }
            return unsafe open(base, flags, 0o640)
        }
    }
    return FileDescriptor(owning: descriptor)
}

func duplicate(_ descriptor: Int32) throws(ReactorError) -> FileDescriptor {
    FileDescriptor(owning: try checked("fcntl(F_DUPFD_CLOEXEC)") { fcntl(descriptor, F_DUPFD_CLOEXEC, 3) })
}

func waitUntilWritable(_ descriptor: Int32) {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    // SAFETY: one record of ours, for the length of the call. Whatever it answers, the next write says what is.
    unsafe poll(&request, 1, -1)
}

/// The process that this is.
public enum Processes {
    /// Ends the program now, without ending anything properly first.
    public static func exitAtOnce(_ code: Int32) -> Never { _exit(code) }

    /// Cores that this process may use, at least 1.
    public static var availableCores: Int {
        max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// The value of an environment variable of this process, as bytes. Read before the first thread.
    public static func environment(_ name: StaticString) -> [UInt8]? {
        // SAFETY: nothing in this program changes its environment; the text is copied at once.
        name.withUTF8Buffer { bytes in
            guard let base = unsafe UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                let value = unsafe getenv(base)
            else { return nil }
            return unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
        }
    }
}

/// Numbers of the signals that the program uses.
public enum Signal {
    public static let terminate = SIGTERM
    public static let interrupt = SIGINT
    public static let hangUp = SIGHUP
    public static let userOne = SIGUSR1
}
