// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// What `/proc` says of the processes of this machine.
public enum ProcessTable {
    public struct Entry: Hashable, Sendable, CustomStringConvertible {
        public let pid: pid_t
        public let parent: pid_t
        public let group: pid_t
        public let session: pid_t
        public let state: Character
        public let name: String
        public var description: String { "\(name)[\(pid)] parent \(parent) group \(group) state \(state)" }
    }

    /// Every process that can be read, zombies included.
    public static func all() -> [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.compactMap(entry)
    }

    /// Children, their children and so on.
    public static func descendants(of pid: pid_t) -> [Entry] {
        let everything = all()
        var found: [Entry] = []
        var parents: Set<pid_t> = [pid]
        while true {
            let next = everything.filter { parents.contains($0.parent) && !found.contains($0) }
            if next.isEmpty { return found }
            found += next
            parents = Set(next.map(\.pid))
        }
    }

    /// Processes, zombies aside, whose environment holds this text: children inherit it wherever they hide.
    public static func marked(_ mark: String) -> [Entry] {
        let needle = Array(mark.utf8)
        return all().filter { entry in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(entry.pid)/environ") else {
                return false
            }
            return environment.range(of: Data(needle)) != nil
        }
    }

    /// The number of open descriptors; nil when the process is gone.
    public static func descriptors(of pid: pid_t) -> Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    /// What the open descriptors lead to, sorted.
    public static func descriptorTargets(of pid: pid_t) -> [String] {
        let folder = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let paths = names.map { folder + "/" + $0 }
        return paths.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: $0) }.sorted()
    }

    private static func entry(_ pid: pid_t) -> Entry? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 3, let state = fields[0].first, let parent = pid_t(fields[1]),
            let group = pid_t(fields[2]),
            let session = pid_t(fields[3])
        else { return nil }
        let name = String(text[text.index(after: open)..<end])
        return Entry(pid: pid, parent: parent, group: group, session: session, state: state, name: name)
    }
}
