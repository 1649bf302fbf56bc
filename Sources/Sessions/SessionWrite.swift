// SPDX-License-Identifier: Apache-2.0

import MCP
import Upstream

/// What a session writes to its server beside forwarded requests, which take a permit.
enum SessionWrite {
    case notification(MCPNotification)
    case answer(MCPResponse)
    case gateway(GatewayMessage)
}
