// SPDX-License-Identifier: Apache-2.0

/// A refusal of the operating system: what was tried, and why not.
public struct ReactorError: Error, Sendable, CustomStringConvertible {
    /// `errno`.
    public let code: Int32
    /// The attempt, as in "bind".
    public let what: StaticString

    public init(code: Int32, what: StaticString) {
        self.code = code
        self.what = what
    }

    /// One line without a full stop, as in "bind: Address already in use".
    public var description: String { "\(what): \(errorText(code))" }
}
