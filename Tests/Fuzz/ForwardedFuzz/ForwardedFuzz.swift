// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP

/// What proxies say of their clients: by the first byte a PROXY header, `Forwarded` or `X-Forwarded-For`. Holds the
/// readers to this: they never crash; a header means the same however it is cut, and ends at the same byte; what a
/// client puts in front of a field never changes who the last hop is.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    switch kind {
    case 1: readField(rest, .forwarded, claim: Array("for=6.6.6.6".utf8))
    case 2: readField(rest, .xForwardedFor, claim: Array("6.6.6.6".utf8))
    default: readHeader(rest)
    }
    return 0
}

private func readHeader(_ bytes: [UInt8]) {
    let whole = meaning(bytes, piece: bytes.count)
    for piece in [1, 2, 5, 16] where piece < bytes.count {
        precondition(meaning(bytes, piece: piece) == whole, "pieces tell another story")
    }
}

/// What the header says, and where it ended.
private func meaning(_ bytes: [UInt8], piece: Int) -> [UInt8] {
    var reader = ProxyHeaderReader()
    var taken = 0
    while taken < bytes.count {
        let part = bytes.span.extracting(taken..<min(taken + piece, bytes.count))
        var offset = 0
        do {
            let found = try reader.next(part, offset: &offset)
            precondition(offset <= part.count, "took more than there was")
            taken += offset
            switch found {
            case nil: precondition(offset == part.count, "left something of a header unread")
            case .socket: return Array("socket \(taken)".utf8)
            case .address(let address, let port): return address.text + Array(" \(port) \(taken)".utf8)
            }
        } catch {
            return Array("!\(error.reason) \(taken + offset)".utf8)
        }
    }
    return []
}

/// The lines of a field are divided by line feeds.
private func readField(_ bytes: [UInt8], _ field: ForwardedField, claim: [UInt8]) {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    guard let hops = try? ForwardedHops.read(lines, field) else { return }
    precondition(hops.count >= lines.count && hops.count <= ForwardedHops.hopsMax, "a line without a hop")
    guard let more = try? ForwardedHops.read([claim] + lines, field) else {
        return precondition(hops.count == ForwardedHops.hopsMax, "a line in front spoils those behind")
    }
    precondition(Array(more.dropFirst()) == hops, "a line in front changes those behind")
    precondition(ForwardedHops.client(of: more) { _ in false } == hops.last, "a line in front changes the last hop")
}

// SwiftPM links an executable with `main` set to this symbol; libFuzzer's own loop is called from it.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@c(ForwardedFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
