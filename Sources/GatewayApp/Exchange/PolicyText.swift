// SPDX-License-Identifier: Apache-2.0

import Policy

extension AccessRule.Effect {
    /// As in the configuration.
    var text: StaticString {
        switch self {
        case .allow: "allow"
        case .deny: "deny"
        }
    }
}

extension PolicyExplanation.Finding {
    /// For people who read the log.
    var text: StaticString {
        switch self {
        case .matched: "matched"
        case .otherServer: "for other servers"
        case .otherCaller: "for other callers"
        case .otherObject: "about other objects"
        }
    }
}
