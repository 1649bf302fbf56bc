// SPDX-License-Identifier: Apache-2.0

/// Names a child process of this run of the program. Never used twice.
public struct ChildID: Hashable, Sendable {
    public let number: UInt64
}

/// Who a child runs as.
public struct UserIdentity: Hashable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// Supplementary groups, at most 256.
    public var groups: [UInt32]
    /// The home directory, for the child's environment.
    public var home: [UInt8]

    public init(uid: UInt32, gid: UInt32, groups: [UInt32], home: [UInt8] = []) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }
}

/// What to start, and under which conditions. No shell is involved, and nothing is inherited but what is named here.
public struct ChildSpecification: Sendable {
    /// Path of the program, as `CommandPath.find` gives it. PATH is not searched here.
    public var path: [UInt8]
    /// The program's arguments; its own name, which comes first, is `path`.
    public var arguments: [[UInt8]]
    /// The whole environment, each entry as `NAME=value`.
    public var environment: [[UInt8]]
    /// Working directory; a relative one begins at the gateway's.
    public var directory: [UInt8]
    /// Nil: the gateway's own user. Changing it needs privileges.
    public var user: UserIdentity?
    /// Address space of each process (RLIMIT_AS), in bytes; nil for the gateway's own limit.
    public var memoryBytesMax: UInt64?
    /// Open descriptors of each process (RLIMIT_NOFILE); nil for the gateway's own limit.
    public var openFilesMax: UInt64?

    public init(
        path: [UInt8],
        arguments: [[UInt8]] = [],
        environment: [[UInt8]] = [],
        directory: [UInt8] = [UInt8(ascii: ".")],
        user: UserIdentity? = nil,
        memoryBytesMax: UInt64? = nil,
        openFilesMax: UInt64? = nil
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.user = user
        self.memoryBytesMax = memoryBytesMax
        self.openFilesMax = openFilesMax
    }
}

/// How a start ended.
public enum ChildStart: Sendable {
    /// The program runs; its end will be reported.
    case started(ChildHandle)
    /// It never ran; no end will be reported.
    case failed(ChildStartFailure)
}

/// Why a child could not be started.
public struct ChildStartFailure: Error, Sendable, CustomStringConvertible {
    /// What was being done, as in "execute the program".
    public let stage: StaticString
    /// `errno`.
    public let code: Int32

    public init(stage: StaticString, code: Int32) {
        self.stage = stage
        self.code = code
    }

    /// A sentence for the log, without a full stop.
    public var description: String { "cannot \(stage): \(errorText(code))" }
}

/// How a child ended. By then its descendants have ended too.
public enum ChildExit: Hashable, Sendable {
    /// It ended itself, with this code.
    case exited(Int32)
    /// It was ended by this signal.
    case signalled(Int32)
    /// The guardian is gone and took every child with it; nobody knows how this one ended.
    case lost
}

/// A running child and the gateway's ends of its pipes (non-blocking). Each end is given out once; an end that nobody
/// takes is closed with the handle.
public final class ChildHandle: Sendable {
    public let id: ChildID
    /// The leader's process id, for the log. Signals go through the guardian, which knows whether it is still its own.
    public let pid: Int32
    private let ends: GatewayEnds

    init(id: ChildID, pid: Int32, ends: GatewayEnds) {
        self.id = id
        self.pid = pid
        self.ends = ends
    }

    /// For writing; the child reads it as standard input. Nil the second time.
    public func takeInput() -> FileDescriptor? { ends.input.withLock { $0.take() } }

    /// For reading; the child's standard output. Nil the second time.
    public func takeOutput() -> FileDescriptor? { ends.output.withLock { $0.take() } }

    /// For reading; the child's standard error. Nil the second time.
    public func takeErrors() -> FileDescriptor? { ends.errors.withLock { $0.take() } }
}

/// The gateway's ends of a child's three pipes.
final class GatewayEnds: Sendable {
    let input: Locked<FileDescriptor?>
    let output: Locked<FileDescriptor?>
    let errors: Locked<FileDescriptor?>

    init(
        input: consuming sending FileDescriptor?,
        output: consuming sending FileDescriptor?,
        errors: consuming sending FileDescriptor?
    ) {
        self.input = Locked(input)
        self.output = Locked(output)
        self.errors = Locked(errors)
    }
}

/// The child's ends. They are closed here once they have been sent.
final class ChildEnds: Sendable {
    let input: FileDescriptor
    let output: FileDescriptor
    let errors: FileDescriptor

    init(input: consuming FileDescriptor, output: consuming FileDescriptor, errors: consuming FileDescriptor) {
        self.input = input
        self.output = output
        self.errors = errors
    }
}
