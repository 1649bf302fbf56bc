// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP

/// The URL of an upstream as text.
enum UpstreamURLText {
    enum Problem: Error {
        case scheme, host, port, userInfo, fragment, target
    }

    /// `http://127.0.0.1:3001/mcp`, `https://mcp.example.com/mcp?tenant=a`. Path and query stay as they are written; no
    /// path is `/`.
    static func parse(_ text: [UInt8]) throws(Problem) -> HTTPUpstreamConfiguration {
        let scheme = text.prefix(8).map { ASCII.lower($0) }
        let isSecure = scheme.span.starts(with: "https://")
        guard isSecure || scheme.span.starts(with: "http://") else { throw .scheme }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        guard !authority.contains(0x40) else { throw .userInfo }
        guard !rest.contains(0x23) else { throw .fragment }
        let (name, port) = try split(Array(authority))
        guard !isNumberLike(name) else { throw .host }
        var target = Array(rest.dropFirst(authority.count))
        if target.first != 0x2F { target.insert(0x2F, at: 0) }
        let own: UInt16 = isSecure ? 443 : 80
        var host = name
        if let port, port != own {
            host.append(0x3A)
            DecimalText.append(Int(port), to: &host)
        }
        let upstream = HTTPUpstreamConfiguration(
            usesTLS: isSecure,
            host: host,
            name: name.first == 0x5B ? Array(name.dropFirst().dropLast()) : name,
            port: port ?? own,
            target: target
        )
        if let problem = problem(of: upstream, field: nil) { throw problem == .target ? .target : .host }
        return upstream
    }

    /// What the writer of requests has against the upstream, or against one field that every request to it shall have.
    static func problem(
        of upstream: HTTPUpstreamConfiguration,
        field: (name: [UInt8], value: [UInt8])?
    ) -> RequestWriteError? {
        do throws(RequestWriteError) {
            let fields = field.map { [$0] } ?? []
            _ = try RequestTemplate(target: upstream.target, host: upstream.host, injected: fields)
            return nil
        } catch {
            return error
        }
    }

    private static func split(_ authority: [UInt8]) throws(Problem) -> (host: [UInt8], port: UInt16?) {
        do {
            return try PublicURLText.split(authority)
        } catch {
            throw error == .port ? .port : .host
        }
    }

    /// `127.1`, `2130706433`, `0x7f.1`: some resolvers read addresses into these, others names. Only the usual form of
    /// an IPv4 address is one here.
    private static func isNumberLike(_ host: [UInt8]) -> Bool {
        guard host.first != 0x5B, AddressText.address(host) == nil else { return false }
        guard let last = host.split(separator: 0x2E).last.map({ Array($0) }) else { return true }
        return last.allSatisfy(ASCII.isDigit)
            || last.span.starts(with: "0x") && last.dropFirst(2).allSatisfy { ASCII.hexValue($0) != nil }
    }
}
