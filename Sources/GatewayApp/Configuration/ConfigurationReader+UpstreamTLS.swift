// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON
import TLS

extension ConfigurationReader {
    /// `tls` of a server over HTTP. Files are read now, as for listeners. Nil where something is wrong or missing,
    /// which has been reported.
    func readUpstreamTLS(_ node: ConfigNode) -> UpstreamTLSConfiguration? {
        guard let object = node.object(ConfigurationKeys.upstreamTLS) else { return nil }
        let errors = report.errorCount
        let serverName = object["server_name"].flatMap(readServerName)
        let authorities = object["ca"].map(readAuthorities)
        let identity = readClientIdentity(object)
        // What is named and cannot be had is never left out: the connection would be another one.
        guard errors == report.errorCount, authorities.map({ $0 != nil }) ?? true, identity.map({ $0 != nil }) ?? true
        else { return nil }
        do {
            let context = try TLSClientContext(authorities: authorities ?? nil, identity: identity ?? nil)
            return UpstreamTLSConfiguration(context: context, serverName: serverName)
        } catch {
            node.error("\(error)")
            return nil
        }
    }

    /// Nil: there is none. Some nil: there should be one.
    private func readClientIdentity(_ object: ConfigObject) -> TLSIdentity?? {
        switch (object["client_certificate"], object["client_key"]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return .some(readIdentity(certificate, key))
        case (let certificate?, nil):
            certificate.error("\"client_certificate\" needs its key; write \"client_key\": \"client-key.pem\"")
        case (nil, let key?):
            key.error("\"client_key\" needs its certificate; write \"client_certificate\": \"client.pem\"")
        }
        return .some(nil)
    }

    private func readServerName(_ node: ConfigNode) -> [UInt8]? {
        guard let text = node.text(bytesMax: 253, such: "mcp.example.com") else { return nil }
        let name = text.map { ASCII.lower($0) }
        if AddressText.address(name) != nil { return name }
        guard let (host, port) = try? PublicURLText.split(name), port == nil, host.first != 0x5B else {
            node.error(
                "\(node.name): \(ConfigText.quoted(text)) is no name; write what stands in the server's certificate, "
                    + "as in \"mcp.example.com\", without scheme and port"
            )
            return nil
        }
        return host
    }
}
