// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

// The guardian's socket and messages, pipes, and waiting for the guardian itself.

extension ChildRequest {
    /// Arguments, with the program's name, and variables together.
    static let stringsMax = Int(GATEHOUSE_STRINGS_MAX)
    static let groupsMax = Int(GATEHOUSE_GROUPS_MAX)
    static let bodyBytesMax = Int(GATEHOUSE_REQUEST_BYTES_MAX) - MemoryLayout<gatehouse_request>.size
    static let invalidArgument = EINVAL
    static let argumentsTooLong = E2BIG
    static let gone = ECHILD
    static let cancelled = ECANCELED
    static let terminate = SIGTERM

    /// A whole spawn request.
    static func spawn(_ id: ChildID, _ specification: ChildSpecification) throws(ChildStartFailure) -> [UInt8] {
        let body = try body(specification)
        var request = gatehouse_request()
        request.kind = GATEHOUSE_SPAWN.rawValue
        request.child = id.number
        request.address_space = specification.memoryBytesMax ?? 0
        request.open_files = specification.openFilesMax ?? 0
        if let user = specification.user {
            request.has_user = 1
            request.uid = user.uid
            request.gid = user.gid
            // Counts were checked against their limits by `body`.
            request.groups = UInt32(user.groups.count)
        }
        request.arguments = UInt32(specification.arguments.count + 1)
        request.variables = UInt32(specification.environment.count)
        return bytes(request) + body
    }

    static func signal(_ id: ChildID, _ signal: Int32) -> [UInt8] {
        var request = gatehouse_request()
        request.kind = GATEHOUSE_SIGNAL.rawValue
        request.child = id.number
        request.signal = signal
        return bytes(request)
    }

    static func destroy(_ id: ChildID) -> [UInt8] {
        var request = gatehouse_request()
        request.kind = GATEHOUSE_DESTROY.rawValue
        request.child = id.number
        return bytes(request)
    }

    private static func bytes(_ request: gatehouse_request) -> [UInt8] {
        // SAFETY: a C record without pointers or gaps (56 bytes of integers), copied.
        unsafe withUnsafeBytes(of: request) { unsafe Array($0) }
    }
}

/// A report of the guardian or a ward.
struct ChildReport {
    enum Kind { case started, failed, exited, killed }
    let kind: Kind
    let id: ChildID
    let stage: StaticString
    let pid: Int32
    let code: Int32
}

enum ReportResult { case report(ChildReport), wouldBlock, end }

/// The control socket's own end here, and the guardian's process id.
func startGuardian() throws(ReactorError) -> (control: Int32, pid: Int32) {
    var control: Int32 = -1
    var pid: Int32 = -1
    // SAFETY: both are filled in before the call returns here. In the new process it never returns.
    let code = unsafe gatehouse_guardian_start(&control, &pid)
    guard code == 0 else { throw ReactorError(code: code, what: "start of the guardian") }
    return (control, pid)
}

/// 0 or an errno.
func sendRequest(_ control: Int32, _ bytes: [UInt8], _ ends: ChildEnds?) -> Int32 {
    let descriptors = ends.map { [$0.input.raw, $0.output.raw, $0.errors.raw] } ?? []
    // SAFETY: both arrays are read during the call only; the guardian's side reads three descriptors, or none.
    return unsafe bytes.withUnsafeBytes { message in
        unsafe descriptors.withUnsafeBufferPointer { list in
            unsafe gatehouse_guardian_send(
                control,
                message.baseAddress,
                message.count,
                ends == nil ? nil : list.baseAddress
            )
        }
    }
}

func isFull(_ code: Int32) -> Bool { code == EAGAIN || code == ENOBUFS }

func receiveReport(_ control: Int32) -> ReportResult {
    var report = gatehouse_report()
    let size = MemoryLayout<gatehouse_report>.size
    // SAFETY: the kernel writes at most one record of that size into ours.
    let count = uninterrupted { unsafe recv(control, &report, size, Int32(MSG_DONTWAIT)) }
    if count < 0, errno == EAGAIN { return .wouldBlock }
    guard count == size, let kind = reportKind(report.kind) else { return .end }
    return .report(
        ChildReport(
            kind: kind,
            id: ChildID(number: report.child),
            stage: stageText(report.stage),
            pid: report.pid,
            code: report.code
        )
    )
}

private func reportKind(_ number: UInt32) -> ChildReport.Kind? {
    switch number {
    case GATEHOUSE_STARTED.rawValue: .started
    case GATEHOUSE_FAILED.rawValue: .failed
    case GATEHOUSE_EXITED.rawValue: .exited
    case GATEHOUSE_KILLED.rawValue: .killed
    default: nil
    }
}

/// What comes behind "cannot".
private func stageText(_ number: UInt32) -> StaticString {
    switch number {
    case GATEHOUSE_STAGE_REQUEST.rawValue: "hand the request to the guardian"
    case GATEHOUSE_STAGE_TABLE.rawValue: "keep that many children"
    case GATEHOUSE_STAGE_FORK.rawValue: "fork"
    case GATEHOUSE_STAGE_SESSION.rawValue: "begin a session"
    case GATEHOUSE_STAGE_DESCRIPTORS.rawValue: "set up standard input, output and error"
    case GATEHOUSE_STAGE_LIMITS.rawValue: "set the memory or open files limit"
    case GATEHOUSE_STAGE_USER.rawValue: "become the user"
    case GATEHOUSE_STAGE_PRIVILEGES.rawValue: "drop privileges"
    case GATEHOUSE_STAGE_DIRECTORY.rawValue: "enter the directory"
    case GATEHOUSE_STAGE_EXEC.rawValue: "execute the program"
    default: "start"
    }
}

/// Stops talking: the guardian ends every child and itself. Its reports can still be read.
func hangUpGuardian(_ control: Int32) { endWriting(control) }

/// Waits for the guardian's own end. It has closed its socket, so this is a matter of moments.
func waitForGuardian(_ pid: Int32) {
    // ECHILD: somebody set SIGCHLD to be ignored and the kernel waited for us.
    _ = uninterrupted { Int(waitpid(pid, nil, 0)) }
}

// MARK: Pipes

/// Three pipes. The gateway's ends are non-blocking, the child's are as programs expect them.
func makeChildPipes() throws(ReactorError) -> (ours: GatewayEnds, theirs: ChildEnds) {
    let input = try ChildPipe()
    let output = try ChildPipe()
    let errors = try ChildPipe()
    try setNonBlocking(input.writing.raw)
    try setNonBlocking(output.reading.raw)
    try setNonBlocking(errors.reading.raw)
    let theirs = ChildEnds(input: input.reading, output: output.writing, errors: errors.writing)
    return (GatewayEnds(input: input.writing, output: output.reading, errors: errors.reading), theirs)
}

private struct ChildPipe: ~Copyable {
    let reading: FileDescriptor
    let writing: FileDescriptor

    init() throws(ReactorError) {
        var ends: [Int32] = [-1, -1]
        // SAFETY: the kernel writes two numbers into room for two.
        _ = try checked("pipe2") { unsafe pipe2(&ends, O_CLOEXEC) }
        reading = FileDescriptor(owning: ends[0])
        writing = FileDescriptor(owning: ends[1])
    }
}
