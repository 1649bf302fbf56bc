// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Origins of pages as text: what a browser writes into `Origin`.
enum OriginText {
    enum Problem: Error {
        case wildcard, null, scheme, host, port, userInfo, more
    }

    /// `https://app.example.com`, `http://localhost:6274`, `vscode-webview://0a1b2c`: as browsers write them, in lower case
    /// and without the port that is the scheme's own.
    static func parse(_ text: [UInt8]) throws(Problem) -> [UInt8] {
        let lower = text.map { ASCII.lower($0) }
        guard !lower.contains(0x2A) else { throw .wildcard }
        guard !lower.equals("null") else { throw .null }
        let scheme = Array(lower.prefix { $0 != 0x3A })
        let mark = [UInt8]("://")
        guard isScheme(scheme), lower.dropFirst(scheme.count).starts(with: mark) else { throw .scheme }
        let authority = Array(lower.dropFirst(scheme.count + mark.count))
        guard !authority.contains(0x40) else { throw .userInfo }
        guard !authority.contains(where: { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 }) else { throw .more }
        let (host, port) = try split(authority)
        var origin = scheme + mark + host
        let isOwn = scheme.equals("https") && port == 443 || scheme.equals("http") && port == 80
        if let port, !isOwn {
            origin.append(0x3A)
            DecimalText.append(Int(port), to: &origin)
        }
        return origin
    }

    private static func split(_ authority: [UInt8]) throws(Problem) -> (host: [UInt8], port: UInt16?) {
        do {
            return try PublicURLText.split(authority)
        } catch {
            throw error == .port ? .port : .host
        }
    }

    /// RFC 3986, section 3.1.
    private static func isScheme(_ text: [UInt8]) -> Bool {
        guard let first = text.first, ASCII.isLetter(first) else { return false }
        return text.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
    }
}
