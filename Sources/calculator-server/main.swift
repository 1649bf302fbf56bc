// SPDX-License-Identifier: Apache-2.0

// An MCP server with four tools, over standard input and output: one JSON-RPC message a line. It exits with 0 when its
// input ends.

let lineBytesMax = 1 << 20

StandardStreams.report("calculator-server \(CalculatorServer.release): reads MCP messages from standard input")
var server = CalculatorServer()
var input = LineInput(lineBytesMax: lineBytesMax)
while let line = input.next() {
    guard let answer = server.answer(line) else { continue }
    guard StandardStreams.write(answer) else { StandardStreams.exitAfterWriteError() }
}
