// SPDX-License-Identifier: Apache-2.0

/// An open descriptor with one owner, closed when the owner lets go of it.
///
/// A descriptor that is registered with an `EventLoop` is removed there before it is closed.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number, for system calls. It means nothing once this value is gone.
    public let raw: Int32

    /// Takes over a descriptor that nobody else will close.
    public init(owning descriptor: Int32) {
        precondition(descriptor >= 0, "a descriptor is not negative")
        raw = descriptor
    }

    deinit { closeDescriptor(raw) }

    /// Gives the descriptor away without closing it.
    public consuming func release() -> Int32 {
        let descriptor = raw
        discard self
        return descriptor
    }
}
