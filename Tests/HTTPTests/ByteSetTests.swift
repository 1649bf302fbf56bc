// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct ByteSetTests {
    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    @Test(arguments: [
        (ByteSet.token, "!#$%&'*+-.^_`|~"),
        (ByteSet.fieldName, "!#$%&'*+-.^`|~"),
        (ByteSet.segment, "-._~!$&'()*+,;=:@"),
        (ByteSet.query, "-._~!$&'()*+,;=:@/?"),
        (ByteSet.hostName, "-._"),
    ])
    func `a set holds letters, digits and the marks its grammar lists`(_ set: ByteSet, _ marks: String) {
        let wanted = Set((Self.letters + marks).utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(set.contains(byte) == wanted.contains(byte), "byte \(byte)")
        }
    }

    @Test func `a field value holds no control byte but the tab`() {
        for byte in UInt8.min...UInt8.max {
            #expect(ByteSet.isFieldValue(byte) == (byte == 9 || (byte > 31 && byte != 127)), "byte \(byte)")
        }
    }

    @Test func `every known name is found in any case and fits its key`() {
        for field in KnownField.allCases {
            let text = Array(field.name.description.utf8)
            #expect(find(text) == field)
            #expect(find(Array(field.name.description.uppercased().utf8)) == field)
            #expect(NameKey(field.name).flatMap { KnownField.find($0) } == field)
            for length in 0..<text.count { #expect(find(Array(text[..<length])) != field) }
            #expect(find(text + [0x78]) != field)
        }
        #expect(KnownField.allCases.count < 64)
    }

    private func key(_ name: [UInt8]) -> NameKey? { NameKey(name.span) }

    private func find(_ name: [UInt8]) -> KnownField? { key(name).flatMap { KnownField.find($0) } }

    @Test func `a name over 24 bytes has no key`() {
        #expect(key([UInt8](repeating: 0x61, count: 25)) == nil)
        #expect(key([UInt8](repeating: 0x61, count: 24)) != nil)
        #expect(NameKey("x-a-name-of-twenty-five-b") == nil)
    }
}
