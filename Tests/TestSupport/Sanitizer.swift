// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The sanitizer that the tests and the programs they start were built with. `Tests/run.sh` says so; everything here
/// is as without one where it does not.
public enum Sanitizer {
    /// `address`, `thread` or nil.
    public static let name: String? = ProcessInfo.processInfo.environment["GATEHOUSE_SANITIZER"]

    /// Variables that send a program's reports to the folder that `Tests/run.sh` looks into. The gateway hands none of
    /// its own to servers, so those that are built here have to be given them.
    public static let environment: JSONTree = {
        guard name != nil else { return [:] }
        let all = ProcessInfo.processInfo.environment
        let members = ["ASAN_OPTIONS", "TSAN_OPTIONS"].compactMap { variable in
            all[variable].map { JSONTree.Member(name: variable, value: .string($0)) }
        }
        return .object(members)
    }()

    /// How many of something that costs a process or a thread each: a quarter under a sanitizer, whose programs need
    /// several times the memory and time.
    public static func scaled(_ count: Int) -> Int { name == nil ? count : max(1, count / 4) }
}

extension Places {
    /// The `stdio` entry of the calculator.
    public static var calculator: JSONTree {
        let command: JSONTree = ["command": .string(program("calculator-server"))]
        return Sanitizer.name == nil ? command : command.merging(["environment": Sanitizer.environment])
    }
}
