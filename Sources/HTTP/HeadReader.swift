// SPDX-License-Identifier: Apache-2.0

/// Collects a head, or a trailer section, from the pieces it comes in, and has it scanned.
struct HeadReader: Sendable {
    /// What has arrived.
    private(set) var bytes: [UInt8] = []
    private(set) var scanner = HeadScanner.idle

    /// Input is copied in pieces of at least this size, so that little of what follows a head is copied too.
    private static let pieceBytes = 1024

    /// Gets ready for a head that this scanner reads.
    mutating func begin(_ scanner: HeadScanner) {
        bytes = []
        self.scanner = scanner
    }

    /// Gives everything back.
    mutating func reset() {
        begin(.idle)
    }

    /// Copies and scans until the empty line, which leaves `offset` behind it; false when the input is used up.
    mutating func read(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPError) -> Bool {
        while offset < input.count {
            let piece = min(input.count - offset, max(Self.pieceBytes, bytes.count))
            bytes.append(input, offset..<offset + piece)
            offset += piece
            guard try scanner.scan(bytes) else { continue }
            let excess = bytes.count - scanner.index
            bytes.removeLast(excess)
            offset -= excess
            return true
        }
        return false
    }

    /// Hands the collected bytes over and keeps none.
    mutating func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }
}
