// SPDX-License-Identifier: Apache-2.0

/// Runs the program.
/// - Parameter arguments: the command line without the program's name, as bytes.
/// - Returns: the exit code: 0, 1 for a failure that has been told, 2 for a wrong command line.
public func runGatehouse(arguments: [[UInt8]]) -> Int32 {
    let terminal = SystemTerminal()
    let command = GatehouseCommand(terminal: terminal, files: SystemFiles(), serve: Gateway.serve)
    return command.run(arguments)
}
