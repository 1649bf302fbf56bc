// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto

/// The configured keys, laid out for look-up: generated keys by id, imported ones by one digest for each distinct salt.
struct KeyRing: Sendable {
    /// A key that was found, whatever the state of its entry.
    struct Match: Equatable {
        /// The place of the entry.
        let entry: Int
        /// When the hash that fits expires, the latest where several fit; `Int.max`: never.
        let hashExpires: Int

        /// Whether this one counts where both fit.
        func isBefore(_ other: Match) -> Bool {
            entry != other.entry ? entry < other.entry : hashExpires >= other.hashExpires
        }
    }

    enum Lookup: Equatable {
        case match(Match)
        /// The id is there, but none of its hashes is of this key.
        case wrongKey
        case unknownID
    }

    let entries: [APIKeyEntry]
    private let placesByID: [[UInt8]: Int]
    private let tables: [SaltTable]
    /// The hashes of each entry, and last those of no entry, each filled up with decoys to as many as the entry with
    /// most has. An id that does not exist, one with a single hash and one in rotation all cost the same.
    private let ladders: [[APIKeyEntry.Hash]]

    init(_ entries: [APIKeyEntry]) throws(IdentityError) {
        self.entries = entries
        placesByID = try Self.index(entries)
        tables = try Self.importedTables(entries)
        let most = entries.reduce(1) { max($0, $1.hashes.count) }
        let decoys = [APIKeyEntry.Hash](repeating: Self.decoy, count: most)
        ladders = entries.map { $0.hashes + decoys.dropFirst($0.hashes.count) } + [decoys]
    }

    /// What stands under the id, and whether one of its hashes is of this key. Every hash is tried.
    func look(up id: [UInt8], key: Span<UInt8>) -> Lookup {
        let place = placesByID[id] ?? entries.count
        var expires: Int?
        for hash in ladders[place] {
            if Digest.withSHA256(hash.salt.span, key, { constantTimeEquals($0, hash.digest.span) }) {
                expires = max(expires ?? .min, hash.expires ?? .max)
            }
        }
        guard place < entries.count else { return .unknownID }
        guard let expires else { return .wrongKey }
        return .match(Match(entry: place, hashExpires: expires))
    }

    /// The entry of an imported key, the first in the configuration where several have it. Every salt is tried, also
    /// after one has fit.
    func match(imported key: Span<UInt8>) -> Match? {
        var best: Match?
        for table in tables {
            guard let match = Digest.withSHA256(table.salt.span, key, { table.match($0) }) else { continue }
            if let known = best, known.isBefore(match) { continue }
            best = match
        }
        return best
    }

    private static func index(_ entries: [APIKeyEntry]) throws(IdentityError) -> [[UInt8]: Int] {
        var places: [[UInt8]: Int] = [:]
        for (place, entry) in entries.enumerated() {
            guard APIKeyID.isValid(entry.id.span) else { throw .badID(entry: place) }
            guard places.updateValue(place, forKey: entry.id) == nil else { throw .duplicateID(entry: place) }
            guard 1...KeyLimits.hashesPerKeyMax ~= entry.hashes.count else { throw .hashCount(entry: place) }
            for hash in entry.hashes {
                guard hash.salt.count >= KeyLimits.saltBytesMin, hash.digest.count == SHA256.digestBytes else {
                    throw .badHash(entry: place)
                }
            }
        }
        return places
    }

    private static func importedTables(_ entries: [APIKeyEntry]) throws(IdentityError) -> [SaltTable] {
        var tables: [SaltTable] = []
        var tableBySalt: [[UInt8]: Int] = [:]
        for (place, entry) in entries.enumerated() {
            for hash in entry.hashes where !GeneratedSalt.isMarked(hash.salt, id: entry.id) {
                let table = tableBySalt[hash.salt] ?? tables.count
                if table == tables.count {
                    guard table < KeyLimits.importedSaltsMax else { throw .tooManySalts(entry: place) }
                    tableBySalt[hash.salt] = table
                    tables.append(SaltTable(salt: hash.salt))
                }
                let known = tables[table].match(hash.digest.span)?.entry ?? place
                guard known == place else { throw .sharedHash(entry: place) }
                tables[table].insert(hash, entry: place)
            }
        }
        return tables
    }

    /// Stands in for a hash that an id does not have: no text that anyone can find has a digest of zeros.
    private static let decoy = APIKeyEntry.Hash(
        salt: [UInt8](repeating: 0, count: GeneratedSalt.randomBytes + GeneratedSalt.markBytes),
        digest: [UInt8](repeating: 0, count: SHA256.digestBytes),
        expires: .min
    )
}

/// The hashes under one salt. The first eight bytes of the digest find the place, and the whole is compared in constant
/// time: what the table's own look-up takes tells at most those eight bytes of a digest whose salt nobody outside
/// knows.
private struct SaltTable: Sendable {
    private struct Place: Sendable {
        let match: KeyRing.Match
        /// The next place whose digest begins with the same bytes; -1 at the end.
        let next: Int
    }

    let salt: [UInt8]
    private var places: [Place] = []
    /// The digests of all places, one behind the other.
    private var digests: [UInt8] = []
    private var firstByStart: [UInt64: Int] = [:]

    init(salt: [UInt8]) { self.salt = salt }

    mutating func insert(_ hash: APIKeyEntry.Hash, entry: Int) {
        let start = hash.digest.span.word(at: 0)
        let match = KeyRing.Match(entry: entry, hashExpires: hash.expires ?? .max)
        places.append(Place(match: match, next: firstByStart[start] ?? -1))
        digests += hash.digest
        firstByStart[start] = places.count - 1
    }

    /// What stands under the digest; of several the one that counts.
    func match(_ digest: Span<UInt8>) -> KeyRing.Match? {
        var best: KeyRing.Match?
        var index = firstByStart[digest.word(at: 0)] ?? -1
        while index >= 0 {
            let place = places[index]
            let start = index * SHA256.digestBytes
            if constantTimeEquals(digests.span.extracting(start..<start + SHA256.digestBytes), digest) {
                if best?.isBefore(place.match) != true { best = place.match }
            }
            index = place.next
        }
        return best
    }
}
