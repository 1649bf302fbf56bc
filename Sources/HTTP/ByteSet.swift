// SPDX-License-Identifier: Apache-2.0

/// A set of ASCII bytes as two words of bits. The sets below are written as constants so that a look-up needs neither
/// a table in memory nor a lazy initialiser; `ByteSetTests` spells every one of them out.
struct ByteSet: Sendable {
    /// Bit n stands for byte n.
    let low: UInt64
    /// Bit n stands for byte 64 + n.
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && (word &>> UInt64(byte & 0x3F)) & 1 == 1
    }

    /// RFC 9110, section 5.6.2: `tchar`.
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// `tchar` without `_`: gateways in the CGI tradition read `_` as `-`, so `Content_Length` has two readings.
    static var fieldName: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_47FF_FFFE) }

    /// RFC 3986, section 3.3: `pchar`, percent-encoding apart.
    static var segment: ByteSet { ByteSet(low: 0x2FFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }

    /// RFC 3986, section 3.4: `query`, percent-encoding apart.
    static var query: ByteSet { ByteSet(low: 0xAFFF_FFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }

    /// Letters, digits, `-`, `.` and `_`. RFC 3986 has more in a `reg-name`, but no host on a network is called so.
    static var hostName: ByteSet { ByteSet(low: 0x03FF_6000_0000_0000, high: 0x07FF_FFFE_87FF_FFFE) }

    /// RFC 9110, section 5.5: what a field value may hold (`obs-text` included), white space included.
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }
}
