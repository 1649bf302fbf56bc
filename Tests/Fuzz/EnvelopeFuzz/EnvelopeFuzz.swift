// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP

/// What must hold of every body and every line that is read: what goes out is read again as the same message, has no
/// line break, and a list's answer has no entry that was not kept.
func check(_ bytes: [UInt8]) {
    if let body = try? MCPReader.read(bytes, limits: JSONLimits()) {
        switch body {
        case .single(let message):
            checkSent(message) { text in
                guard case .single(let again)? = try? MCPReader.read(text, limits: JSONLimits()) else { return nil }
                return again
            }
        case .batch(let messages):
            precondition((1...MCPLimits.batchMax).contains(messages.count))
        }
    }
    if let line = try? MCPReader.readUpstream(bytes, limits: JSONLimits()) {
        checkSent(line) { try? MCPReader.readUpstream($0, limits: JSONLimits()) }
        if case .response(let response) = line { checkFilter(response) }
    }
}

private func checkSent(_ message: MCPMessage, read: ([UInt8]) -> MCPMessage?) {
    var text: [UInt8] = []
    switch message {
    case .request(let request):
        request.appendMinified(to: &text, withID: [0x37])
        guard case .request(let again)? = read(text) else { preconditionFailure("a request is not read again") }
        precondition(again.id == RequestID(number: 7), "the id did not change")
        precondition(again.call == request.call, "another call goes out than was judged")
        precondition(again.progressToken == request.progressToken && again.modernVersion == request.modernVersion)
        precondition(request.id.text.count <= MCPLimits.idBytesMax + 2)
    case .notification(let notification):
        notification.appendMinified(to: &text)
        guard case .notification(let again)? = read(text) else {
            preconditionFailure("a notification is not read again")
        }
        precondition(again.method == notification.method && again.cancelledID == notification.cancelledID)
        precondition(again.progressToken == notification.progressToken && again.uri == notification.uri)
    case .response(let response):
        response.append(to: &text, withID: [0x37])
        guard case .response(let again)? = read(text) else { preconditionFailure("an answer is not read again") }
        precondition(again.id == RequestID(number: 7), "the id did not change")
        precondition((again.result == nil) == (response.result == nil), "an error became a result or the reverse")
    }
    precondition(!text.contains(0x0A) && !text.contains(0x0D), "a line break is left")
}

private func checkFilter(_ response: MCPResponse) {
    for (method, list) in [(MCPMethod.toolsList, "tools"), (.resourcesList, "resources")] as [(MCPMethod, StaticString)]
    {
        for isPrivate in [false, true] {
            var kept = 0
            let text = MCPListFilter.filter(response, method: method, isPrivate: isPrivate) { target in
                guard target.name?.count.isMultiple(of: 2) == true else { return false }
                kept += 1
                return true
            }
            guard let text else { continue }
            guard case .response(let again)? = try? MCPReader.readUpstream(text, limits: JSONLimits()) else {
                preconditionFailure("a filtered list is not read again")
            }
            precondition(again.result?[list]?.count ?? 0 == kept, "an entry is there that was not kept, or lacks")
        }
    }
}

@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    check(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

// SwiftPM links an executable with `main` set to this symbol; libFuzzer's own loop is called from it.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@c(EnvelopeFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
