// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Reactor

/// What seals session tickets: one key for new ones, and the last few for those that are out. All loops share it.
///
/// A ticket is AES-256-CBC under one half of a key and HMAC-SHA-256 under the other (RFC 5077, section 4).
final class TicketKeys: Sendable {
    private struct Key {
        var name: [UInt8]
        var cipher: [UInt8]
        var mac: [UInt8]
    }

    private static let nameBytes = 16
    private static let vectorBytes = 16
    private static let keyBytes = 32

    /// The first seals.
    private let keys: Locked<[Key]>

    init() throws(TLSError) {
        keys = Locked([try Self.fresh()])
    }

    /// A new key seals from now on; the oldest ones stop opening.
    func rotate() throws(TLSError) {
        let key = try Self.fresh()
        keys.withLock { keys in
            keys.insert(key, at: 0)
            while keys.count > TLSLimits.oldTicketKeysMax + 1 { keys.removeLast() }
        }
    }

    private static func fresh() throws(TLSError) -> Key {
        Key(name: try random(nameBytes), cipher: try random(keyBytes), mac: try random(keyBytes))
    }

    private static func random(_ count: Int) throws(TLSError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: room for `count` bytes.
        guard unsafe RAND_bytes(&bytes, Int32(count)) == 1 else { throw OpenSSLError.unavailable("random bytes") }
        return bytes
    }

    /// Lets the context seal and open its tickets with these keys.
    /// - Precondition: the keys live at least as long as every session of the context.
    func use(in context: OpaquePointer) -> Bool {
        // SAFETY: the pointer is not counted; the caller keeps the keys alive.
        unsafe SSL_CTX_set_ex_data(context, Self.place, Unmanaged.passUnretained(self).toOpaque()) == 1
            && SSL_CTX_set_tlsext_ticket_key_evp_cb(context, Self.callback) == 1
    }

    /// Where applications keep their own (`SSL_CTX_set_app_data`).
    private static let place: Int32 = 0

    private typealias Callback =
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?,
            Int32
        ) -> Int32

    private static let callback: Callback = { ssl, name, vector, cipher, mac, seals in
        // SAFETY: the library gives room for 16 bytes of each; the keys are alive, see `use`.
        guard let ssl = unsafe ssl, let name = unsafe name, let vector = unsafe vector,
            let raw = unsafe SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place)
        else { return -1 }
        let keys = unsafe Unmanaged<TicketKeys>.fromOpaque(raw).takeUnretainedValue()
        return unsafe seals == 1 ? keys.seal(name, vector, cipher, mac) : keys.open(name, vector, cipher, mac)
    }

    private func seal(
        _ name: UnsafeMutablePointer<UInt8>,
        _ vector: UnsafeMutablePointer<UInt8>,
        _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?
    ) -> Int32 {
        guard var key = keys.withLock({ $0.first }),
            // SAFETY: as in the callback.
            unsafe RAND_bytes(vector, Int32(Self.vectorBytes)) == 1
        else { return -1 }
        for (index, byte) in key.name.enumerated() { unsafe name[index] = byte }
        let isReady =
            unsafe EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher, vector, nil) == 1
            && gatehouse_key_ticket_mac(mac, &key.mac, Self.keyBytes) == 1
        return isReady ? 1 : -1
    }

    /// 1: opens. 2: opens, but the client should have a newer one. 0: nobody's; a full handshake follows.
    private func open(
        _ name: UnsafeMutablePointer<UInt8>,
        _ vector: UnsafeMutablePointer<UInt8>,
        _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?
    ) -> Int32 {
        // SAFETY: as in the callback.
        let wanted = unsafe Array(UnsafeBufferPointer(start: name, count: Self.nameBytes))
        let all = keys.withLock { $0 }
        guard let index = all.firstIndex(where: { $0.name == wanted }) else { return 0 }
        var key = all[index]
        let isReady =
            unsafe EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher, vector, nil) == 1
            && gatehouse_key_ticket_mac(mac, &key.mac, Self.keyBytes) == 1
        guard isReady else { return -1 }
        return index == 0 ? 1 : 2
    }
}
