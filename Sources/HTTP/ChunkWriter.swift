// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Writes chunked content (RFC 9112, section 7.1).
public enum ChunkWriter {
    /// Writes one chunk. Nothing for empty data: an empty chunk would end the message.
    public static func append(_ data: [UInt8], to out: inout [UInt8]) {
        guard !data.isEmpty else { return }
        appendStart(data.count, to: &out)
        out.append(contentsOf: data)
        out.append("\r\n")
    }

    /// Writes what stands before the data of a chunk, for callers that gather the data themselves and write CRLF behind
    /// it. Nothing for a count below 1.
    public static func appendStart(_ count: Int, to out: inout [UInt8]) {
        guard count > 0 else { return }
        let start = out.count
        var rest = count
        while rest > 0 {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            out.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            rest >>= 4
        }
        out[start...].reverse()
        out.append("\r\n")
    }

    /// Writes the last chunk and ends the message, without trailers.
    public static func appendLast(to out: inout [UInt8]) {
        out.append("0\r\n\r\n")
    }
}
