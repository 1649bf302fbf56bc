// SPDX-License-Identifier: Apache-2.0

/// A request as the tests write it.
public struct RequestText: Sendable {
    public var method: String
    public var target: String
    public var fields: [(name: String, value: String)]
    public var body: [UInt8]?

    /// `Host` and, where there is a body, `Content-Length` are added unless they are given.
    public init(
        _ method: String,
        _ target: String,
        _ fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.target = target
        self.fields = fields.map { (name: $0.0, value: $0.1) }
        self.body = body
    }

    private func has(_ name: String) -> Bool { fields.contains { $0.name.lowercased() == name } }

    public var bytes: [UInt8] { head + (body ?? []) }

    /// All but the body.
    public var head: [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if !has("host") { text += "Host: 127.0.0.1\r\n" }
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if let body, !has("content-length"), !has("transfer-encoding") {
            text += "Content-Length: \(body.count)\r\n"
        }
        return Array((text + "\r\n").utf8)
    }
}
