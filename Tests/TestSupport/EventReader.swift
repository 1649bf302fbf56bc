// SPDX-License-Identifier: Apache-2.0

/// One event of a server-sent event stream.
public struct StreamEvent: Hashable, Sendable {
    public var name: String?
    public var id: String?
    public var data: String

    /// The data as JSON; `null` when it is none.
    public var json: JSONTree { (try? JSONTree(reading: data)) ?? .null }
}

/// Cuts the body of an answer into events, by the rules of the HTML standard.
public final class EventReader {
    private let body: RawConnection.BodyReader
    private var pending: [UInt8] = []
    private var lastWasCarriageReturn = false
    public init(_ body: RawConnection.BodyReader) { self.body = body }

    /// The next event that has data; nil at the end of the stream.
    public func next() throws -> StreamEvent? {
        var event = StreamEvent(data: "")
        var hasData = false
        while let line = try line() {
            if line.isEmpty {
                if hasData, !event.data.isEmpty { return event }
                (event, hasData) = (StreamEvent(data: ""), false)
                continue
            }
            let (field, value) = Self.split(line)
            switch field {
            case "": break
            case "data":
                event.data += hasData ? "\n" + value : value
                hasData = true
            case "event": event.name = value
            case "id": event.id = value
            default: break
            }
        }
        return nil
    }

    /// Waits for a comment line; false where the stream ends, or where data comes first (which is lost).
    public func waitForComment() throws -> Bool {
        while let line = try line() {
            if line.utf8.first == UInt8(ascii: ":") { return true }
            if Self.split(line).field == "data" { return false }
        }
        return false
    }

    private static func split(_ line: String) -> (field: Substring, value: String) {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (line[...], "") }
        var value = line[line.index(after: colon)...]
        if value.utf8.first == 0x20 { value = value.dropFirst() }
        return (line[..<colon], String(value))
    }

    /// A CR, an LF or both end a line.
    private func line() throws -> String? {
        while true {
            if lastWasCarriageReturn, let first = pending.first {
                if first == 0x0A { pending.removeFirst() }
                lastWasCarriageReturn = false
            }
            if let end = pending.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                lastWasCarriageReturn = pending[end] == 0x0D
                pending.removeFirst(end + 1)
                return line
            }
            guard let piece = try body.next() else { return nil }
            pending += piece
        }
    }
}
