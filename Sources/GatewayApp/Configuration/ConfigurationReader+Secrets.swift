// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

extension ConfigurationReader {
    /// The value of a secret: `{ "env": … }`, `{ "file": … }`, either with a `"prefix"`, or, with a warning, the
    /// string itself. Nil where it cannot be had, which has been reported; no message holds any of it.
    func readSecret(_ node: ConfigNode) -> [UInt8]? {
        guard let value = node.single() else { return nil }
        switch value.kind {
        case .string:
            node.warning("a secret stands in this file; write { \"env\": \"NAME\" } or { \"file\": \"PATH\" }")
            return nonEmpty(value.string, node)
        case .object: return readReference(node)
        default:
            node.error("\(node.name) must be a secret: { \"env\": \"NAME\" } or { \"file\": \"PATH\" }")
            return nil
        }
    }

    private func readReference(_ node: ConfigNode) -> [UInt8]? {
        guard let object = node.object(ConfigurationKeys.secret) else { return nil }
        let prefix = object["prefix"].map { $0.text(bytesMax: 256) } ?? []
        let value: [UInt8]?
        switch (object["env"], object["file"]) {
        case (let variable?, nil): value = readVariable(variable)
        case (nil, let file?): value = readSecretFile(file)
        case (_?, _?):
            node.error("a secret has either \"env\" or \"file\"; keep one of them")
            return nil
        case (nil, nil):
            node.error("a secret needs \"env\" or \"file\"; write { \"env\": \"NAME\" } or { \"file\": \"PATH\" }")
            return nil
        }
        guard let prefix, let value else { return nil }
        return prefix + value
    }

    private func readVariable(_ node: ConfigNode) -> [UInt8]? {
        guard let name = node.text(bytesMax: 256, such: "NAME"), let place = node.place else { return nil }
        guard Self.isVariableName(name) else {
            // A value that was pasted in place of the name must not be shown.
            report.error(place, "\"env\" must be the name of an environment variable: letters, digits and _")
            return nil
        }
        guard let value = context.files.environment(name) else {
            context.absent(place, "the environment variable \(ConfigText.quoted(name)) is not set")
            return nil
        }
        return nonEmpty(value, node)
    }

    private func readSecretFile(_ node: ConfigNode) -> [UInt8]? {
        guard let text = node.text(such: "PATH"), let place = node.place else { return nil }
        let path = context.path(text, from: place.file)
        switch context.files.read(path) {
        case .failed(let reason):
            context.absent(place, "cannot read the secret in \(ConfigText.quoted(path)): \(reason)")
            return nil
        case .bytes(var bytes):
            if context.files.facts(path)?.isReadableByAll == true {
                report.warning(
                    place,
                    "every account of this machine can read this secret; write chmod o-r for the file"
                )
            }
            if bytes.last == ASCII.lineFeed { bytes.removeLast() }
            if bytes.last == ASCII.carriageReturn { bytes.removeLast() }
            return nonEmpty(bytes, node)
        }
    }

    private func nonEmpty(_ value: [UInt8]?, _ node: ConfigNode) -> [UInt8]? {
        guard let value, !value.isEmpty else {
            node.error("this secret is empty")
            return nil
        }
        return value
    }

    /// Letters, digits and `_`, no digit first.
    static func isVariableName(_ name: [UInt8]) -> Bool {
        guard let first = name.first, !ASCII.isDigit(first) else { return false }
        return name.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x5F }
    }

    /// Shorter session keys are refused, in bytes.
    static let sessionKeyBytesMin = 32
    static let sessionKeysMax = 16

    /// `sessions.key`: one secret, or a list of which the first seals and all open.
    func readSessionKeys(_ node: ConfigNode?) -> [[UInt8]] {
        guard let object = node?.object(ConfigurationKeys.sessions), let key = object["key"] else { return [] }
        guard key.kind == .array else { return readSessionKey(key).map { [$0] } ?? [] }
        guard let elements = key.elements() else { return [] }
        guard (1...Self.sessionKeysMax).contains(elements.count) else {
            key.error("\"key\" must be a secret or a list of 1 to \(Self.sessionKeysMax) of them")
            return []
        }
        return elements.compactMap(readSessionKey)
    }

    private func readSessionKey(_ node: ConfigNode) -> [UInt8]? {
        guard let secret = readSecret(node) else { return nil }
        guard secret.count >= Self.sessionKeyBytesMin else {
            node.error(
                "a session key needs at least \(Self.sessionKeyBytesMin) bytes; make one with: openssl rand -hex 32"
            )
            return nil
        }
        return secret
    }
}
