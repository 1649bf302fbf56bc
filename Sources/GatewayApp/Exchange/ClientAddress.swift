// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP

/// Where a request comes from, as far as that may be believed.
extension Exchange {
    /// The address that `client_address_from` tells, where the connection is a trusted proxy's; else the connection's.
    /// > semantics 6: "one header, read from the right, first untrusted hop; unparsable is 400"
    func clientAddress(_ head: RequestHead, from field: ForwardedField?) throws(Refusal) -> IPAddress {
        let peer = record.address
        guard let field, head.has(field.known), snapshot.trustsProxy(peer) else { return peer }
        do {
            let hops = try ForwardedHops.read(head.values(field.known), field)
            return ForwardedHops.client(of: hops, trusts: snapshot.trustsProxy) ?? peer
        } catch {
            throw .badForwardedAddress(error)
        }
    }
}
