// SPDX-License-Identifier: Apache-2.0

/// How deep and how long the parts of a document may be.
public struct JSONLimits: Sendable {
    /// Objects and arrays open at once; a document that is one flat object has depth 1.
    public var depthMax: Int
    /// Bytes of one number token. Readers disagree on numbers they have to round.
    public var numberBytesMax: Int
    /// Bytes of the whole text. More than 2^28 (256 MiB) has no effect: places in a document are 32 bits.
    public private(set) var bytesMax: Int

    public init(depthMax: Int = 64, numberBytesMax: Int = 256, bytesMax: Int = 1 << 28) {
        self.depthMax = depthMax
        self.numberBytesMax = numberBytesMax
        self.bytesMax = min(bytesMax, 1 << 28)
    }
}

/// Why a text is refused, and at which byte.
public struct JSONError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable, CaseIterable {
        case empty, byteOrderMark, notUTF8, tooLong
        case unexpectedEnd, unexpectedByte, trailingBytes, trailingComma, tooDeep
        case duplicateMember, controlCharacterInName
        case controlCharacter, invalidEscape, invalidUTF8, loneSurrogate
        case invalidNumber, numberTooLong, invalidLiteral
    }

    public let kind: Kind
    /// The offset of the byte at fault, the document's length where the fault is that it ends. For a duplicate, where
    /// the second of the two names begins.
    public let offset: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// What is wrong, for a person.
    public var sentence: StaticString {
        switch kind {
        case .empty: "The text is empty."
        case .byteOrderMark: "The text begins with a byte-order mark."
        case .notUTF8: "The text is UTF-16 or UTF-32; only UTF-8 is read."
        case .tooLong: "The text is too long."
        case .unexpectedEnd: "The text ends in the middle of a value."
        case .unexpectedByte: "This byte cannot stand here."
        case .trailingBytes: "Something follows the value."
        case .trailingComma: "A comma stands before a closing bracket."
        case .tooDeep: "Objects and arrays are nested too deep."
        case .duplicateMember: "An object has two members of the same name."
        case .controlCharacterInName: "A member name holds a control character."
        case .controlCharacter: "A string holds a control character that is not escaped."
        case .invalidEscape: "A string holds an escape that JSON does not know."
        case .invalidUTF8: "A string holds bytes that are not UTF-8."
        case .loneSurrogate: "A string holds half of a surrogate pair."
        case .invalidNumber: "A number is not written as JSON writes numbers."
        case .numberTooLong: "A number has too many digits."
        case .invalidLiteral: "Only true, false and null are words of JSON."
        }
    }
}
