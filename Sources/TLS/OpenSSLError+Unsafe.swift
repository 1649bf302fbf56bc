// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What the TLS library says went wrong on this thread.
enum OpenSSLError {
    /// Alerts of the peer are reasons from here on (SSL_AD_REASON_OFFSET).
    private static let alertsBegin: Int32 = 1000

    /// The first error of this thread's queue, which it empties; nil where there is none.
    static func take() -> (reason: Int32, text: String)? {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return nil }
        let reason = ERR_GET_REASON(code)
        // SAFETY: the library's reasons are C strings that live as long as it does.
        guard let text = unsafe ERR_reason_error_string(code) else { return (reason, "error \(reason)") }
        return (reason, unsafe String(cString: text))
    }

    /// What ended a session.
    static func ofSession(_ ssl: OpaquePointer) -> TLSError {
        // SAFETY: the caller's session is alive; the texts are the library's own.
        let verdict = unsafe SSL_get_verify_result(ssl)
        guard let (reason, text) = take() else { return .peer("the connection is broken") }
        if reason == SSL_R_CERTIFICATE_VERIFY_FAILED, verdict != Int(X509_V_OK) {
            return .certificate(unsafe String(cString: X509_verify_cert_error_string(verdict)))
        }
        return reason >= alertsBegin ? .refused(text) : .peer(text)
    }

    /// For what only fails when memory or an algorithm is missing.
    static func unavailable(_ what: StaticString) -> TLSError {
        .unavailable("\(what)" + (take().map { ": \($0.text)" } ?? ""))
    }
}
