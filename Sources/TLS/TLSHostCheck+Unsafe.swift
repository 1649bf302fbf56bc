// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// Whom a server's certificate must be for.
enum TLSHostCheck {
    /// Sets the name or address to check, and the name to ask for.
    static func set(_ ssl: OpaquePointer, _ host: [UInt8]) -> Bool {
        guard !host.isEmpty, host.count <= 253, !host.contains(0) else { return false }
        let text = host.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the text ends with NUL and outlives the calls, which copy it.
        return unsafe text.withUnsafeBufferPointer { buffer in
            guard let name = buffer.baseAddress else { return false }
            if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 { return true }
            ERR_clear_error()
            unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            guard unsafe SSL_set1_host(ssl, name) == 1 else { return false }
            // RFC 6066, section 3: an address is no server name.
            let asked = unsafe UnsafeMutableRawPointer(mutating: name)
            return unsafe SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), asked) == 1
        }
    }
}
