// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Reactor

/// The files, the environment and the accounts of this machine.
struct SystemFiles: ConfigurationFiles {
    func read(_ path: [UInt8]) -> FileReading {
        guard let facts = facts(path) else { return .failed("no such file") }
        guard !facts.isDirectory else { return .failed("it is a directory") }
        // SAFETY: the C string lives until open returns.
        let descriptor = unsafe withPath(path) { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
        guard descriptor >= 0 else { return .failed(Self.sentence(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            // SAFETY: `Glibc.read` writes at most the buffer's own count, and the buffer outlives the call.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failed(Self.sentence(errno)) }
            guard count > 0 else { return .bytes(bytes) }
            guard bytes.count + count <= FileReading.fileBytesMax else {
                return .failed("it is larger than \(FileReading.fileBytesMax >> 20) MiB")
            }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    func names(in directory: [UInt8]) -> [[UInt8]]? {
        // SAFETY: the stream comes from opendir and is closed once; each entry is read before the next readdir.
        guard let stream = unsafe withPath(directory, { unsafe opendir($0) }) else { return nil }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { field in
                unsafe Array(field.prefix { $0 != 0 })
            }
            names.append(name)
        }
        return names
    }

    func facts(_ path: [UInt8]) -> FileFacts? {
        var status = stat()
        // SAFETY: `stat` fills the structure that it is given, which lives on this stack.
        guard unsafe withPath(path, { unsafe stat($0, &status) }) == 0 else { return nil }
        let mayExecute = unsafe withPath(path) { unsafe access($0, X_OK) } == 0
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        return FileFacts(
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            isExecutable: isRegular && mayExecute,
            isReadableByAll: status.st_mode & S_IROTH != 0,
            permissions: UInt16(truncatingIfNeeded: status.st_mode & 0o777)
        )
    }

    func environment(_ name: [UInt8]) -> [UInt8]? {
        // SAFETY: nobody changes the environment of this process, so the text stays while it is copied.
        guard let text = unsafe withPath(name, { unsafe getenv($0) }) else { return nil }
        return unsafe Self.copy(text)
    }

    func hasUser(_ name: [UInt8]) -> Bool {
        // SAFETY: only compared with nil; configurations are read by one thread.
        unsafe withPath(name) { unsafe getpwnam($0) != nil }
    }

    var now: Int { Clock.unixMicroseconds() / 1_000_000 }

    var workingDirectory: [UInt8] {
        // SAFETY: with nil, getcwd allocates what it gives, and it is freed once.
        guard let text = unsafe getcwd(nil, 0) else { return [0x2F] }
        defer { unsafe free(text) }
        return unsafe Self.copy(text)
    }

    var programDirectory: [UInt8]? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        // SAFETY: readlink writes at most the buffer's count, and says how much.
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return PathText.directory(of: buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    /// Calls `body` with a C string. A NUL would end it early and so name another file: the empty name, which
    /// nothing has, stands for a path with one.
    private func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let text = path.contains(0) ? [0] : path.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with NUL and outlives the call.
        return unsafe text.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("the array holds at least its NUL") }
            return unsafe body(start)
        }
    }

    private static func copy(_ text: UnsafePointer<CChar>) -> [UInt8] {
        // SAFETY: C strings end with NUL, and nothing behind it is read.
        unsafe Array(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) })
    }

    private static func sentence(_ code: Int32) -> String {
        switch code {
        case EACCES, EPERM: "permission denied"
        case ENOENT, ENOTDIR: "no such file"
        case EISDIR: "it is a directory"
        default: "error \(code)"
        }
    }
}
