// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// Bytes that must not be seen: a key, a token, a password. Prints as `‹redacted›` in every way Swift has to print,
/// compares in constant time, and is overwritten with zeros when its last owner lets go.
///
/// The bytes live in memory of their own that is never resized or shared, and are written once, before anyone else
/// can see the object.
// Sendable is checked by hand: the memory is private and immutable between init and deinit.
@safe public final class Secret: @unchecked Sendable {
    private let memory: UnsafeMutableBufferPointer<UInt8>

    /// Copies the bytes; the caller's copy is the caller's to wipe.
    public init(_ bytes: Span<UInt8>) {
        // SAFETY: allocated for `count` bytes, of which every one is initialized before the pointer is used.
        unsafe memory = .allocate(capacity: bytes.count)
        for index in bytes.indices { unsafe memory.initializeElement(at: index, to: bytes[index]) }
    }

    /// Takes the bytes over and wipes the caller's array.
    public convenience init(taking bytes: inout [UInt8]) {
        self.init(bytes.span)
        wipe(&bytes)
    }

    deinit {
        // SAFETY: the memory is ours and live; nobody holds the object any more, so nobody reads it.
        unsafe OPENSSL_cleanse(memory.baseAddress, memory.count)
        unsafe memory.deallocate()
    }

    /// How many bytes there are. A length is no secret here.
    public var count: Int {
        // SAFETY: asks for the length alone.
        unsafe memory.count
    }

    /// The bytes themselves, for as long as the object lives. The name is what a reviewer looks for.
    public var exposed: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // SAFETY: the memory is initialized and unchanged until deinit, which the lifetime holds off.
            let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(memory))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}

extension Secret: Equatable {
    public static func == (left: Secret, right: Secret) -> Bool {
        constantTimeEquals(left.exposed, right.exposed)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: [], ancestorRepresentation: .suppressed) }
}
