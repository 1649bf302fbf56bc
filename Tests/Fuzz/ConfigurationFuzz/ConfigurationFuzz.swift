// SPDX-License-Identifier: Apache-2.0

import GatewayApp

/// Any bytes, read as a configuration; what follows the first 0x01 is in every file that it names. The reader never
/// crashes, and every message has a line and a column and is one line of plain text.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let main = Array(bytes.prefix { $0 != 0x01 })
    let other = Array(bytes.dropFirst(main.count + 1))
    let lines = max(main.count { $0 == 0x0A }, other.count { $0 == 0x0A }) + 1
    for finding in ConfigurationCheck.findings(main, other: other) {
        precondition((1...lines).contains(finding.line) && finding.column >= 1, "a message without a place")
        precondition(finding.text.contains(":\(finding.line):\(finding.column): "), "a place that is not told")
        precondition(finding.text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character in a message")
    }
    return 0
}

// SwiftPM links an executable with its entry named after the target; it hands over to libFuzzer.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@c(ConfigurationFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
