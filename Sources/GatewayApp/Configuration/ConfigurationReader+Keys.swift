// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import JSON

/// An API key's entry, and where it stands.
struct PlacedKey {
    let entry: APIKeyEntry
    let place: ConfigPlace
}

extension ConfigurationReader {
    static let apiKeysMax = 1_000_000

    func readKeys(_ node: ConfigNode?, servers: [PlacedServer]) -> [PlacedKey] {
        guard let object = node?.object(ConfigurationKeys.authentication) else { return [] }
        var elements = object["api_keys"]?.elements() ?? []
        if let files = object["api_key_files"] {
            for (path, place) in context.expand(files) {
                guard let file = context.load(path, namedAt: place) else { continue }
                guard file.kind == .array else {
                    file.error("a file of API keys holds a list of entries: [ { \"id\": …, \"hash\": … } ]")
                    continue
                }
                elements += file.elements() ?? []
            }
        }
        let names = servers.map(\.configuration.name)
        var found: [PlacedKey] = []
        var places: [[UInt8]: ConfigPlace] = [:]
        for element in elements {
            guard let key = readKey(element, servers: names) else { continue }
            if let first = places[key.entry.id] {
                report.error(
                    key.place,
                    "the key \(ConfigText.quoted(key.entry.id)) is already defined at \(first.text); "
                        + "give it another id, or put both hashes under one with \"hashes\""
                )
                continue
            }
            places[key.entry.id] = key.place
            found.append(key)
        }
        reviewHashes(found)
        return found
    }

    /// What is wrong with the keys together: hashes under two ids, too many salts. What is wrong with one has been
    /// told.
    private func reviewHashes(_ all: [PlacedKey]) {
        let keys = all.filter { !$0.entry.hashes.isEmpty && APIKeyID.isValid($0.entry.id.span) }
        do throws(IdentityError) {
            _ = try Authenticator(keys: keys.map(\.entry))
        } catch {
            guard let entry = error.entry, keys.indices.contains(entry) else { return }
            report.error(keys[entry].place, "\(error.sentence)")
        }
    }

    private func readKey(_ node: ConfigNode, servers: [[UInt8]]) -> PlacedKey? {
        guard let object = node.object(ConfigurationKeys.apiKey) else { return nil }
        let idNode = object.required("id", write: "\"ci\"")
        let id = idNode?.text(bytesMax: 256, such: "ci")
        if let id, !APIKeyID.isValid(id.span) {
            idNode?.error("\(ConfigText.quoted(id)) is no id for a key; write letters, digits, \".\", \"_\" or \"-\"")
        }
        let hashes = readHashes(object)
        let claims = object["claims"]
        if let claims { _ = claims.entries() }
        let entry = APIKeyEntry(
            id: id ?? [],
            hashes: hashes,
            subject: object["subject"]?.text(bytesMax: 256, such: "ci-bot"),
            roles: object["roles"]?.texts(bytesMax: 256, mayBeEmpty: true) ?? [],
            notBefore: object["not_before"].flatMap(readDate),
            expires: object["expires"].flatMap(readDate),
            disabled: object["disabled"]?.bool() ?? false,
            servers: object["servers"].flatMap { readServerNames($0, servers) },
            addresses: object["addresses"].flatMap { readRanges($0) }
        )
        if let from = entry.notBefore, let until = entry.expires, from >= until {
            object["expires"]?.error("\"expires\" is not after \"not_before\"; this key would never be valid")
        }
        guard id != nil, let place = idNode?.place else { return nil }
        return PlacedKey(entry: entry, place: place)
    }

    private func readHashes(_ object: ConfigObject) -> [APIKeyEntry.Hash] {
        switch (object["hash"], object["hashes"]) {
        case (let hash?, nil): return readHash(hash, expires: nil).map { [$0] } ?? []
        case (nil, let list?): return readHashList(list)
        case (_?, let list?):
            list.error("a key has either \"hash\" or \"hashes\"; move the one hash into the list")
        case (nil, nil):
            object.node.error("\"hash\" is missing; \"gatehouse key create\" prints one")
        }
        return []
    }

    private func readHashList(_ list: ConfigNode) -> [APIKeyEntry.Hash] {
        guard let elements = list.elements() else { return [] }
        guard (1...KeyLimits.hashesPerKeyMax).contains(elements.count) else {
            list.error("\"hashes\" must have 1 to \(KeyLimits.hashesPerKeyMax) entries: [ { \"hash\": … } ]")
            return []
        }
        return elements.compactMap { element in
            guard let object = element.object(ConfigurationKeys.apiKeyHash),
                let hash = object.required("hash", write: "\"sha256:…\"")
            else { return nil }
            return readHash(hash, expires: object["expires"].flatMap(readDate))
        }
    }

    /// What stands there may be a key that was pasted by mistake: it is never shown.
    private func readHash(_ node: ConfigNode, expires: Int?) -> APIKeyEntry.Hash? {
        guard let text = node.text(bytesMax: 1024, such: "sha256:…") else { return nil }
        guard let hash = APIKeyEntry.Hash(text: text, expires: expires) else {
            node.error(
                "\"hash\" must be \"sha256:SALT:DIGEST\", both in hexadecimal, a salt of at least 16 bytes and a "
                    + "digest of 32; \"gatehouse key hash\" prints it"
            )
            return nil
        }
        return hash
    }

    func readDate(_ node: ConfigNode) -> Int? {
        guard let text = node.text(bytesMax: 64, such: "2027-01-01T00:00:00Z") else { return nil }
        guard let seconds = DateText.parse(text) else {
            node.error(
                "\(node.name): \(ConfigText.quoted(text)) is no time; write it in UTC as in \"2027-01-01T00:00:00Z\""
            )
            return nil
        }
        return seconds
    }

    private func readServerNames(_ node: ConfigNode, _ servers: [[UInt8]]) -> [[UInt8]]? {
        node.textNodes(bytesMax: 256)?.map { element, name in
            if !servers.contains(name), !context.isIncomplete { reportUnknownServer(element, name, servers) }
            return name
        }
    }

    func reportUnknownServer(_ node: ConfigNode, _ name: [UInt8], _ servers: [[UInt8]]) {
        let near = Spelling.nearest(to: name, among: servers)
        let advice = near.map { "did you mean \(ConfigText.quoted($0))?" } ?? "name one of \"servers\""
        node.error("there is no server \(ConfigText.quoted(name)); \(advice)")
    }

    func readRanges(_ node: ConfigNode, mayBeEmpty: Bool = false) -> [AddressRange]? {
        node.textNodes(bytesMax: 64, mayBeEmpty: mayBeEmpty)?.compactMap { element, text in
            guard let range = AddressText.range(text) else {
                element.error(
                    "\(ConfigText.quoted(text)) is no block of addresses; write for example \"10.0.0.0/8\" or \"::1\""
                )
                return nil
            }
            guard !AddressText.hasBitsBehindPrefix(range) else {
                element.error("\(ConfigText.quoted(text)) has bits behind its prefix; write the block's first address")
                return nil
            }
            return range
        }
    }
}

extension IdentityError {
    /// The place of the entry that is wrong, from 0.
    fileprivate var entry: Int? {
        switch self {
        case .badID(let entry), .duplicateID(let entry), .hashCount(let entry), .badHash(let entry),
            .sharedHash(let entry), .tooManySalts(let entry):
            entry
        case .badKeyID, .unusableKey: nil
        }
    }
}
