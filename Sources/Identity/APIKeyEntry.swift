// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// One entry of `authentication.api_keys`: an id, one or more hashes, and what the key's bearer is.
public struct APIKeyEntry: Sendable {
    public struct Hash: Sendable {
        /// At least 16 bytes.
        public let salt: [UInt8]
        /// SHA-256(salt || key), 32 bytes.
        public let digest: [UInt8]
        /// Seconds since 1970; from then on this hash is no longer good. Nil: never.
        public let expires: Int?

        public init(salt: [UInt8], digest: [UInt8], expires: Int?) {
            self.salt = salt
            self.digest = digest
            self.expires = expires
        }

        /// Reads `sha256:SALT_HEX:DIGEST_HEX`; nil if it is not of that form, the salt is shorter than 16 bytes or the
        /// digest not 32.
        public init?(text: [UInt8], expires: Int?) {
            let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
            guard parts.count == 3, Array(parts[0]).equals("sha256"),
                let salt = Hex.decode(Array(parts[1]).span), salt.count >= KeyLimits.saltBytesMin,
                let digest = Hex.decode(Array(parts[2]).span), digest.count == 32
            else { return nil }
            self.init(salt: salt, digest: digest, expires: expires)
        }
    }

    public var id: [UInt8]
    public var hashes: [Hash]
    public var subject: [UInt8]
    public var roles: [[UInt8]]
    /// Seconds since 1970: refused before that. Nil: always valid.
    public var notBefore: Int?
    /// Seconds since 1970: refused from then on. Nil: never expires.
    public var expires: Int?
    public var disabled: Bool
    /// Names of the servers it is good for; nil: all.
    public var servers: [[UInt8]]?
    /// Where it may be used from; nil: anywhere.
    public var addresses: [AddressRange]?

    public init(
        id: [UInt8],
        hashes: [Hash],
        subject: [UInt8]? = nil,
        roles: [[UInt8]] = [],
        notBefore: Int? = nil,
        expires: Int? = nil,
        disabled: Bool = false,
        servers: [[UInt8]]? = nil,
        addresses: [AddressRange]? = nil
    ) {
        self.id = id
        self.hashes = hashes
        self.subject = subject ?? id
        self.roles = roles
        self.notBefore = notBefore
        self.expires = expires
        self.disabled = disabled
        self.servers = servers
        self.addresses = addresses
    }
}
