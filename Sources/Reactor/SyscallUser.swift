// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Users of the system by name.
public enum UserLookup {
    /// Numbers, groups and home of a user, nil for one that does not exist. Reads files or asks the network, so it is
    /// not called on a loop. Of more than 256 groups the first are kept.
    public static func find(name: [UInt8]) -> UserIdentity? {
        guard !name.isEmpty, !name.contains(0) else { return nil }
        // SAFETY: the copy has a NUL behind it and lives during the call.
        return unsafe (name + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
            guard let text = name.baseAddress else { return nil }
            return unsafe find(text)
        }
    }

    private static let groupsMax = 256
    /// Room for one entry's texts. The largest in use are far below.
    private static let roomBytes = 65536

    private static func find(_ name: UnsafePointer<CChar>) -> UserIdentity? {
        var entry = unsafe passwd()
        var room = [CChar](repeating: 0, count: roomBytes)
        // SAFETY: the entry's pointers point into the room, and both are read before this closure ends.
        return unsafe room.withUnsafeMutableBufferPointer { room in
            guard let start = room.baseAddress else { return nil }
            var found: UnsafeMutablePointer<passwd>?
            let code = unsafe getpwnam_r(name, &entry, start, room.count, &found)
            guard code == 0, unsafe found != nil else { return nil }
            let home = unsafe entry.pw_dir.map { unsafe String(cString: $0).utf8.map { $0 } } ?? []
            let groups = unsafe groups(name, entry.pw_gid)
            return unsafe UserIdentity(uid: entry.pw_uid, gid: entry.pw_gid, groups: groups, home: home)
        }
    }

    private static func groups(_ name: UnsafePointer<CChar>, _ primary: gid_t) -> [UInt32] {
        var list = [gid_t](repeating: 0, count: groupsMax)
        var count = Int32(groupsMax)
        // SAFETY: the C library writes at most `count` entries and says how many there are, also where they do not fit.
        _ = unsafe getgrouplist(name, primary, &list, &count)
        return Array(list.prefix(Int(max(0, count))))
    }
}

/// Whether a regular file is there that this process may execute.
func isExecutableFile(_ path: [UInt8]) -> Bool {
    // SAFETY: the copy has a NUL behind it and lives during the calls; the record is ours.
    unsafe (path + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { path in
        var information = stat()
        guard let text = path.baseAddress, unsafe stat(text, &information) == 0 else { return false }
        guard information.st_mode & S_IFMT == S_IFREG else { return false }
        return unsafe faccessat(AT_FDCWD, text, X_OK, AT_EACCESS) == 0
    }
}
