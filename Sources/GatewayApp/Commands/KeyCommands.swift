// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Identity
import JSON

extension GatehouseCommand {
    /// The longest line that `key hash` reads, in bytes: more than a key may have, so that the refusal can say so.
    static let lineBytesMax = 4096

    /// `key create`: the key once on standard output, its entry on standard error.
    func createKey(_ arguments: CommandArguments) throws(CommandArguments.Misuse) -> Int32 {
        let details = try KeyDetails(arguments, now: terminal.now)
        do throws(IdentityError) {
            let (key, hash) = try KeyMaker.make(id: details.id)
            terminal.output(key.exposed.array + [ASCII.lineFeed])
            terminal.error(details.entry(hash: hash))
            return Self.success
        } catch {
            return fail("key create", error)
        }
    }

    /// `key hash`: an existing key from standard input, never from an argument, where every account of the machine
    /// could see it.
    func hashKey(_ arguments: CommandArguments) throws(CommandArguments.Misuse) -> Int32 {
        let details = try KeyDetails(arguments, now: terminal.now)
        guard var key = terminal.line(bytesMax: Self.lineBytesMax) else {
            terminal.error(line: "gatehouse key hash: standard input cannot be read, or its first line is too long")
            return Self.failure
        }
        if key.last == ASCII.carriageReturn { key.removeLast() }
        do throws(IdentityError) {
            terminal.output(details.entry(hash: try KeyMaker.hashImported(key.span)))
            return Self.success
        } catch {
            return fail("key hash", error)
        }
    }

    private func fail(_ command: String, _ error: IdentityError) -> Int32 {
        terminal.error(line: "gatehouse \(command): \(error.sentence)")
        return Self.failure
    }
}

/// What a key's entry says beside its hash.
struct KeyDetails {
    let id: [UInt8]
    private let roles: [[UInt8]]
    private let expires: Int?

    init(_ arguments: CommandArguments, now: Int) throws(CommandArguments.Misuse) {
        let id = arguments.value("--id") ?? []
        guard APIKeyID.isValid(id.span) else {
            throw CommandArguments.Misuse(
                message: "\(ConfigText.quoted(id)) is no id; write 1 to \(APIKeyID.bytesMax) letters, "
                    + "digits, \".\", \"_\" or \"-\""
            )
        }
        self.id = id
        roles = arguments.all("--role")
        guard let text = arguments.value("--expires") else {
            expires = nil
            return
        }
        guard let duration = ConfigUnits.duration(text), duration > 0 else {
            throw CommandArguments.Misuse(
                message: "--expires: \(ConfigText.quoted(text)) is no duration; write for example 90d"
            )
        }
        expires = now + Int(duration / 1_000_000_000)
    }

    /// One line of JSON, ready to stand in `authentication.api_keys`.
    func entry(hash: [UInt8]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("hash", hash)
        if !roles.isEmpty {
            json.name("roles")
            json.beginArray()
            for role in roles { json.string(role) }
            json.endArray()
        }
        if let expires { json.member("expires", DateText.text(expires)) }
        json.endObject()
        return json.bytes + [ASCII.lineFeed]
    }
}
