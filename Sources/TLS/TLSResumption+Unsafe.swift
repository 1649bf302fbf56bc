// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What a client keeps of a session so that the next one with the same host costs less.
// Sendable is checked by hand: the library counts its owners atomically and does not change it any more.
@safe public final class TLSResumption: @unchecked Sendable {
    private let session: OpaquePointer

    init?(of ssl: OpaquePointer) {
        // SAFETY: the reference that the library gives is ours, and given back in deinit or here.
        guard let session = unsafe SSL_get1_session(ssl) else { return nil }
        guard unsafe SSL_SESSION_is_resumable(session) == 1 else {
            unsafe SSL_SESSION_free(session)
            return nil
        }
        unsafe self.session = session
    }

    deinit {
        // SAFETY: as above.
        unsafe SSL_SESSION_free(session)
    }

    /// How much the server would take before its handshake: our own takes nothing.
    var earlyDataBytesMax: Int {
        // SAFETY: asks the living session.
        Int(unsafe SSL_SESSION_get_max_early_data(session))
    }

    /// A server that does not know it any more makes a full handshake: that is no failure.
    func use(in ssl: OpaquePointer) {
        // SAFETY: the library takes a reference of its own.
        _ = unsafe SSL_set_session(ssl, session)
    }
}
