// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP
import Policy

/// What a caller is told when a rule, or the want of one, refuses a call.
extension ErrorAnswer {
    /// How much of a name is repeated to the caller, bytes (semantics 3: "the echoed name cut at 128 characters").
    static let echoedNameBytesMax = 128

    /// `denials: hide`: as for an object that does not exist (MCP-46).
    static func hidden(_ denial: Denial) -> ErrorAnswer {
        var message: [UInt8]
        var code = -32602
        switch denial.call.target {
        case .tool(let name): message = Array("Unknown tool: ") + echo(name)
        case .prompt(let name): message = Array("Unknown prompt: ") + echo(name)
        case .resource, .template: message = Array("Resource not found")
        case .task: message = Array("Task not found")
        case .none:
            message = Array("Method not found")
            code = -32601
        }
        return policy(400, code, message)
    }

    /// `denials: explain`: permission denied, and what the rule says of it.
    static func explained(_ denial: Denial) -> ErrorAnswer {
        guard denial.reason != .badURI else { return hidden(denial) }
        var message = Array<UInt8>("Permission denied: ") + echo(denial.call.target.name ?? denial.call.method.text)
        if let told = denial.message { message += Array(": ") + told }
        return policy(403, 403, message)
    }

    private static func policy(_ status: Int, _ code: Int, _ message: [UInt8]) -> ErrorAnswer {
        var answer = ErrorAnswer(status, code, message, reason: "policy")
        answer.proxyError = "http_request_denied"
        answer.isLegacyResult = true
        return answer
    }

    /// The first characters of a name; a character that would be cut in two is left out.
    private static func echo(_ name: [UInt8]) -> [UInt8] {
        guard name.count > echoedNameBytesMax else { return name }
        var end = echoedNameBytesMax
        while end > 0, name[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(name[..<end])
    }
}
