// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import HTTP

/// The scanner steps over names and values sixteen bytes at a time. Wherever a byte stands, it is judged as by itself.
struct FieldRunTests {
    private static let length = 40

    private func head(_ line: [UInt8]) -> [UInt8] {
        Array("GET / HTTP/1.1\r\nHost: gw.test\r\n".utf8) + line + Array("\r\n\r\n".utf8)
    }

    private func isRead(_ bytes: [UInt8]) -> Bool {
        var parser = RequestParser()
        var offset = 0
        do {
            guard case .head? = try parser.next(bytes.span, offset: &offset) else { return false }
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `a byte of a name is judged alike at every place`(_ byte: UInt8) {
        // A colon ends the name, and what follows is the value.
        let isGood = ByteSet.fieldName.contains(byte)
        for place in 0..<Self.length {
            var line = [UInt8](repeating: 0x61, count: Self.length) + Array(": value".utf8)
            line[place] = byte
            #expect(isRead(head(line)) == (isGood || byte == 0x3A && place > 0), "at \(place)")
        }
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `a byte of a value is judged alike at every place`(_ byte: UInt8) {
        for place in 0..<Self.length {
            var value = [UInt8](repeating: 0x61, count: Self.length)
            value[place] = byte
            #expect(isRead(head(Array("X-Name: ".utf8) + value)) == ByteSet.isFieldValue(byte), "at \(place)")
        }
    }

    @Test(arguments: KnownField.allCases)
    func `a known name is found in any case and wherever it ends`(_ field: KnownField) {
        let name = field.name.bytes
        let capitals = name.map { ASCII.isLetter($0) ? $0 & 0xDF : $0 }
        for text in [name, capitals] {
            // With nothing behind it, and with bytes that must not count.
            for behind in 0..<9 {
                let bytes = text + [UInt8](repeating: 0x5A, count: behind)
                #expect(NameKey(bytes.span, 0..<text.count).flatMap { KnownField.find($0) } == field)
                if behind > 0 {
                    #expect(NameKey(bytes.span, 0..<text.count + 1).flatMap { KnownField.find($0) } == nil)
                }
            }
        }
    }
}
