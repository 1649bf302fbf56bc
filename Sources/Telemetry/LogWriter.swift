// SPDX-License-Identifier: Apache-2.0

import Reactor

/// The log's own thread: the only one that may wait for a disk or a pipe.
// Why unchecked: `file` is touched by `init` and then only by jobs of `loop`.
final class LogWriter: @unchecked Sendable {
    let loop: EventLoop
    private let path: [UInt8]?
    private var file: FileDescriptor

    init(path: [UInt8]?) throws(ReactorError) {
        loop = try EventLoop(index: -1)
        self.path = path
        file = try LogWriter.open(path)
    }

    func write(_ line: [UInt8]) {
        // A log that cannot be written has nowhere to say so.
        _ = Files.writeAll(line, to: file.raw)
    }

    func reopen() {
        guard let fresh = try? LogWriter.open(path) else { return }
        file = fresh
    }

    private static func open(_ path: [UInt8]?) throws(ReactorError) -> FileDescriptor {
        guard let path else { return try Files.standardError() }
        return try Files.openForAppending(path)
    }
}
