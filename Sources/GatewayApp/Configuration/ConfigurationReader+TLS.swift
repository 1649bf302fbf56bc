// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import JSON
import TLS

extension ConfigurationReader {
    /// A certificate that ends sooner is warned of, in seconds.
    static let certificateWarningSeconds = 21 * 86_400

    private static let versions: [(StaticString, TLSVersion)] = [("1.2", .v12), ("1.3", .v13)]

    /// `listen[].tls`. Files are read now: a certificate that does not fit is found before anybody is served.
    func readListenerTLS(_ node: ConfigNode, address: ListenAddress, publicURL: PublicURL?) -> ListenerTLS {
        guard let object = node.object(ConfigurationKeys.listenerTLS) else { return .absent }
        let minimum = object["minimum_version"]?.choice(Self.versions) ?? .v12
        let clients = readClientCertificates(object)
        let identity = readIdentity(object, address: address, publicURL: publicURL)
        guard let identity, let clients else { return .absent }
        do {
            return .ready(try TLSServerContext(identity: identity, minimum: minimum, clientCertificates: clients))
        } catch {
            node.error("\(error)")
            return .absent
        }
    }

    private func readIdentity(_ object: ConfigObject, address: ListenAddress, publicURL: PublicURL?) -> TLSIdentity? {
        guard let certificate = object.required("certificate", write: "\"tls/cert.pem\" or \"self-signed\"") else {
            return nil
        }
        guard certificate.single()?.string?.equals("self-signed") == true else {
            guard let key = object.required("key", write: "\"tls/key.pem\"") else {
                _ = readPEM(certificate)
                return nil
            }
            return readIdentity(certificate, key)
        }
        if let key = object["key"] {
            key.error("\"key\" has no use beside \"certificate\": \"self-signed\", which makes its own; remove it")
            return nil
        }
        if !address.address.isLoopback {
            certificate.warning(
                "no client trusts a self-signed certificate, and one that is told to trust any cannot tell who answers"
                    + "; name the files of a certificate"
            )
        }
        return makeSelfSigned(certificate, address, publicURL)
    }

    private func makeSelfSigned(_ node: ConfigNode, _ address: ListenAddress, _ url: PublicURL?) -> TLSIdentity? {
        var hosts: [[UInt8]] = [[UInt8]("localhost"), [UInt8]("127.0.0.1"), [UInt8]("::1")]
        for host in [address.address.text, url.map { $0.host.filter { $0 != 0x5B && $0 != 0x5D } }].compactMap(\.self)
        where !hosts.contains(host) {
            hosts.append(host)
        }
        do {
            return try TLSIdentity.selfSigned(hosts: hosts, now: context.files.now)
        } catch {
            node.error("\(error)")
            return nil
        }
    }

    /// A certificate with its key, from two files; told where they are named.
    func readIdentity(_ certificate: ConfigNode, _ key: ConfigNode) -> TLSIdentity? {
        let pem = readPEM(certificate)
        guard var secret = readPEM(key, isKey: true), let pem else { return nil }
        defer { wipe(&secret) }
        do {
            let identity = try TLSIdentity(certificates: pem, key: secret)
            return reviewDates(identity, certificate) ? identity : nil
        } catch {
            let node = error.concernsKey ? key : certificate
            node.error("\(node.name): \(shownPath(node)) \(error.sentence)")
            return nil
        }
    }

    private func reviewDates(_ identity: TLSIdentity, _ node: ConfigNode) -> Bool {
        let now = context.files.now
        guard identity.notBefore <= now else {
            node.error("this certificate is not valid yet: it begins at \(Self.date(identity.notBefore))")
            return false
        }
        guard identity.notAfter > now else {
            node.error("this certificate expired at \(Self.date(identity.notAfter)); put a new one in its place")
            return false
        }
        if identity.notAfter - now < Self.certificateWarningSeconds {
            node.warning("this certificate expires soon, at \(Self.date(identity.notAfter)); renew it")
        }
        return true
    }

    /// Nil where something is wrong, which has been reported.
    private func readClientCertificates(_ object: ConfigObject) -> TLSClientCertificates? {
        let wanted = object["client_certificate"]?.choice([("none", false), ("required", true)], later: ["optional"])
        guard let node = object["client_ca"] else {
            if wanted == true {
                object["client_certificate"]?.error(
                    "\"client_certificate\" needs \"client_ca\": the authorities whose certificates clients may show"
                )
                return nil
            }
            return object["client_certificate"] == nil || wanted != nil ? TLSClientCertificates.none : nil
        }
        guard wanted == true else {
            if wanted == false || object["client_certificate"] == nil {
                node.error(
                    "\"client_ca\" has no effect without \"client_certificate\": \"required\"; write it, or remove this"
                )
            }
            return nil
        }
        return readAuthorities(node).map { .required($0) }
    }

    func readAuthorities(_ node: ConfigNode) -> TLSAuthorities? {
        guard let pem = readPEM(node) else { return nil }
        do {
            return try TLSAuthorities(pem)
        } catch {
            node.error("\(node.name): \(shownPath(node)) \(error.sentence)")
            return nil
        }
    }

    /// A private key is for the gateway's account and its group alone.
    private static let keyPermissions: UInt16 = 0o640

    private func readPEM(_ node: ConfigNode, isKey: Bool = false) -> [UInt8]? {
        guard let text = node.text(such: isKey ? "tls/key.pem" : "tls/cert.pem"), let place = node.place else {
            return nil
        }
        let path = context.path(text, from: place.file)
        switch context.files.read(path) {
        case .failed(let reason):
            context.absent(place, "\(node.name): cannot read \(ConfigText.quoted(path)): \(reason)")
            return nil
        case .bytes(let bytes):
            if isKey, let mode = context.files.facts(path)?.permissions, mode & ~Self.keyPermissions != 0 {
                node.error(
                    "\(node.name): others may use \(ConfigText.quoted(path)) (its mode is 0\(String(mode, radix: 8))); "
                        + "write chmod 600 (or 640) for the file"
                )
                return nil
            }
            return bytes
        }
    }

    private static func date(_ seconds: Int) -> String { String(decoding: DateText.text(seconds), as: UTF8.self) }

    private func shownPath(_ node: ConfigNode) -> String {
        guard let text = node.single()?.string, let place = node.place else { return "the file" }
        return ConfigText.quoted(context.path(text, from: place.file))
    }
}
