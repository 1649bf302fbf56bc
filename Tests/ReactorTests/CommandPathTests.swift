// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor
import Testing

@Suite struct CommandPathTests {
    @Test(
        arguments: [
            ("sh", "/usr/bin:/bin", "/usr/bin/sh"),
            ("sh", "/nowhere:/bin/", "/bin/sh"),
            ("/bin/sh", "", "/bin/sh"),
            ("sh", "", nil),
            ("sh", ":/nowhere:", nil),
            // A directory, and a file that is not executable.
            ("bin", "/usr", nil),
            ("passwd", "/etc", nil),
            ("/etc/passwd", "/bin", nil),
            ("", "/bin", nil),
            ("sh\0x", "/bin", nil),
            ("no-such-program", "/usr/bin:/bin", nil),
        ] as [(String, String, String?)]
    )
    func `a command is found as a shell finds it`(_ command: String, _ path: String, _ found: String?) {
        #expect(CommandPath.find(bytes(command), path: bytes(path)) == found.map(bytes))
    }

    @Test func `a user is found by name`() throws {
        let root = try #require(UserLookup.find(name: bytes("root")))
        #expect(root.uid == 0 && root.gid == 0 && root.groups.contains(0) && root.home == bytes("/root"))
        let daemon = try #require(UserLookup.find(name: bytes("daemon")))
        #expect(daemon.uid == 1)
        #expect(UserLookup.find(name: bytes("no such user")) == nil)
        #expect(UserLookup.find(name: []) == nil)
    }
}
