// SPDX-License-Identifier: Apache-2.0

/// The head of a response as it came.
public struct HTTPHead: Sendable, CustomStringConvertible {
    public let status: Int
    public let reason: String
    /// Names in lower case, in the order in which they came.
    public let fields: [(name: String, value: String)]

    /// Strict: CRLF line ends only, no folding, no space before the colon, no control characters.
    init(parsing bytes: [UInt8]) throws {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A {
                lines.append([])
                index += 2
                continue
            }
            guard bytes[index] >= 0x20 || bytes[index] == 0x09, bytes[index] != 0x7F else {
                throw WireError.malformed("control character in the head: \(String(decoding: bytes, as: UTF8.self))")
            }
            lines[lines.count - 1].append(bytes[index])
            index += 1
        }
        let texts = lines.map { String(decoding: $0, as: UTF8.self) }
        let parts = texts[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "HTTP/1.1", parts[1].utf8.count == 3, let status = Int(parts[1]) else {
            throw WireError.malformed("status line: \(texts[0])")
        }
        self.status = status
        reason = String(parts[2])
        fields = try texts.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, !line[..<colon].contains(" ") else {
                throw WireError.malformed("field line: \(line)")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
    }

    /// The value of a field that must be there once; nil where it is missing.
    public func value(_ name: String) -> String? {
        let found = values(name)
        return found.count == 1 ? found[0] : nil
    }

    public func values(_ name: String) -> [String] {
        fields.filter { $0.name == name.lowercased() }.map(\.value)
    }

    /// The media type without parameters.
    public var mediaType: String? {
        value("content-type")?.split(separator: ";").first.map { String($0).trimmingSpaces.lowercased() }
    }

    public var isEventStream: Bool { mediaType == "text/event-stream" }
    public var closes: Bool { values("connection").contains { $0.lowercased() == "close" } }

    public var description: String {
        "\(status) \(reason) " + fields.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
    }

    enum Framing { case none, length(Int), chunked, untilClose }

    func framing() throws -> Framing {
        let lengths = values("content-length")
        let codings = values("transfer-encoding")
        switch (lengths.count, codings.count) {
        case (0, 0):
            if (100..<200).contains(status) || status == 204 || status == 304 { return .none }
            guard closes else { throw WireError.malformed("an answer without an end: \(self)") }
            return .untilClose
        case (1, 0):
            guard let length = Int(lengths[0]), length >= 0 else { throw WireError.malformed("length \(lengths[0])") }
            return .length(length)
        case (0, 1):
            guard codings[0] == "chunked" else { throw WireError.malformed("coding \(codings[0])") }
            return .chunked
        default: throw WireError.malformed("two framings: \(self)")
        }
    }
}

extension String {
    var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

/// A whole answer.
public struct HTTPAnswer: Sendable, CustomStringConvertible {
    public let head: HTTPHead
    public let body: [UInt8]

    public var status: Int { head.status }
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The body as JSON; `null` when it is none.
    public var json: JSONTree { (try? JSONTree(reading: body)) ?? .null }
    public var description: String { "\(head)\n\(text.prefix(2000))" }
}

/// What can go wrong between a test and the peer.
public enum WireError: Error, Equatable, CustomStringConvertible {
    /// Nothing came in time.
    case timeOut
    /// The peer closed where more was expected.
    case closed
    /// The peer reset the connection.
    case reset
    case system(Int32)
    case malformed(String)

    public var description: String {
        switch self {
        case .timeOut: "nothing came in time"
        case .closed: "closed by the peer"
        case .reset: "reset by the peer"
        case .system(let code): "errno \(code)"
        case .malformed(let text): "malformed answer: \(text)"
        }
    }

    /// The peer ended the connection, one way or the other.
    public var isEnd: Bool { self == .closed || self == .reset }
}
