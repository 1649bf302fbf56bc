// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A request method. Methods are case-sensitive: `get` is `other`. The parser itself refuses `TRACE` (405) and
/// `CONNECT` (501), so no head ever carries them.
public enum HTTPMethod: Hashable, Sendable {
    case get, post, delete, options, head, put, trace, connect, other

    init(_ text: Span<UInt8>) {
        self =
            switch text.count {
            case 3 where text.equals("GET"): .get
            case 3 where text.equals("PUT"): .put
            case 4 where text.equals("POST"): .post
            case 4 where text.equals("HEAD"): .head
            case 5 where text.equals("TRACE"): .trace
            case 6 where text.equals("DELETE"): .delete
            case 7 where text.equals("OPTIONS"): .options
            case 7 where text.equals("CONNECT"): .connect
            default: .other
            }
    }
}
