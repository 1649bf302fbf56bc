// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import JSON

/// What the parts of the reader share while one configuration is read.
final class ConfigurationContext {
    let files: any ConfigurationFiles
    /// What this machine lacks (variables, files, programs, accounts) is then a warning: the check may run elsewhere.
    let isOffline: Bool
    let report = ConfigReport()
    private(set) var loaded: [ConfigFile] = []
    private var digest = SHA256()
    /// Some file could not be read: what others name may stand in it.
    private(set) var isIncomplete = false

    init(files: any ConfigurationFiles, isOffline: Bool) {
        self.files = files
        self.isOffline = isOffline
    }

    /// How many files one configuration may have.
    static let filesMax = 1024

    /// Reads one file of the configuration. A failure is told at `place`, which names it, or at the file's own first
    /// line, and is always an error for the main file.
    func load(_ path: [UInt8], namedAt place: ConfigPlace?) -> ConfigNode? {
        let empty = ConfigFile(path: path, order: loaded.count, bytes: [])
        guard loaded.count < Self.filesMax else {
            report.error(place ?? empty.start, "more than \(Self.filesMax) files; put some of them together")
            return nil
        }
        switch files.read(path) {
        case .failed(let reason):
            let sentence = "cannot read \(ConfigText.quoted(path)): \(reason)"
            if let place { absent(place, sentence) } else { report.error(empty.start, sentence) }
            isIncomplete = true
            return nil
        case .bytes(let bytes):
            let file = ConfigFile(path: path, order: loaded.count, bytes: bytes)
            loaded.append(file)
            digest.update(bytes.span)
            guard let node = file.read(report) else {
                isIncomplete = true
                return nil
            }
            return node
        }
    }

    /// The files that a list of patterns names. A name without wildcard must be there.
    func expand(_ list: ConfigNode) -> [(path: [UInt8], place: ConfigPlace)] {
        var found: [(path: [UInt8], place: ConfigPlace)] = []
        for (node, text) in list.textNodes() ?? [] {
            guard let place = node.place else { continue }
            let pattern = path(text, from: place.file)
            guard FilePattern.hasWildcard(text) else {
                found.append((pattern, place))
                continue
            }
            guard let paths = FilePattern.expand(pattern, files) else {
                report.error(place, "\(ConfigText.quoted(text)) matches more than \(FilePattern.matchesMax) files")
                continue
            }
            found += paths.map { ($0, place) }
        }
        return found
    }

    /// Hex SHA-256 over the files in the order in which they were read: of one file, what `sha256sum` prints.
    func hash() -> [UInt8] { Hex.encode(digest.finish()) }

    /// A path of the configuration, for opening: relative ones are relative to the file that they stand in.
    func path(_ text: [UInt8], from file: ConfigFile) -> [UInt8] {
        PathText.join(PathText.directory(of: file.path), text)
    }

    /// The same, absolute.
    func absolute(_ text: [UInt8], from file: ConfigFile) -> [UInt8] {
        PathText.absolute(path(text, from: file), in: files.workingDirectory)
    }

    /// Something that this machine lacks.
    func absent(_ place: ConfigPlace, _ message: String) {
        report.add(isOffline ? .warning : .error, place, message)
    }
}
