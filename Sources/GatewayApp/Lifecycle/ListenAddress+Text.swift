// SPDX-License-Identifier: Apache-2.0

import Bytes

extension ListenAddress {
    /// `127.0.0.1:8080`, `[::1]:8080`.
    var bytes: [UInt8] {
        var text = address.isV4 ? address.text : [0x5B] + address.text + [0x5D]
        text.append(0x3A)
        DecimalText.append(Int(port), to: &text)
        return text
    }
}
