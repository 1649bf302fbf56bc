// SPDX-License-Identifier: Apache-2.0

import Bytes

/// One round of normalisation: `\` to `/`, scheme and host in lower case, `.` and `..` resolved, and for `file:` any
/// number of slashes, or the host `localhost`, as `file:///`, and runs of slashes further on as one.
///
/// What `..` takes away depends on who reads. A URI library stops at `?` and at the host. A server that cuts off
/// `scheme://` and opens the rest stops at nothing: to it `notes://public/../secret` is `secret`. And where `\` is a
/// letter like others, `/public/x\y/../../secret` is `/secret`, not `/public/secret`. Each is a reading.
struct URINormalizer {
    /// `scheme:`, in lower case.
    private let scheme: [UInt8]
    private let isFile: Bool
    /// What `//` introduces, in lower case; nil without `//`. Empty for `file:///`.
    private let authority: [UInt8]?
    /// All behind the authority: path, query and fragment.
    private let rest: [UInt8]

    /// The readings of a text that begins with a scheme. One, where there are no dot segments and backslashes.
    static func readings(of text: [UInt8]) -> [[UInt8]] {
        var readings: [[UInt8]] = []
        let slashed = text.contains(0x5C) ? text.map { $0 == 0x5C ? URILayout.slash : $0 } : text
        for spelling in slashed == text ? [text] : [slashed, text] {
            guard let parts = URINormalizer(spelling) else { continue }
            for reading in parts.readings where !readings.contains(reading) { readings.append(reading) }
        }
        return readings
    }

    init?(_ text: [UInt8]) {
        guard let colon = URILayout.schemeEnd(text) else { return nil }
        scheme = text[...colon].map(ASCII.lower)
        isFile = scheme.equals("file:")
        let slashes = text[(colon + 1)...].prefix { $0 == URILayout.slash }.count
        let start = colon + 1
        guard !isFile || slashes == 2 else {
            authority = []
            rest = [URILayout.slash] + text[(start + slashes)...]
            return
        }
        guard slashes >= 2 else {
            authority = nil
            rest = Array(text[start...])
            return
        }
        let end = URILayout.authorityEnd(text, from: start + 2)
        let host = text[(start + 2)..<end].map(ASCII.lower)
        guard isFile, host.isEmpty || host.equals("localhost") else {
            authority = host
            rest = Array(text[end...])
            return
        }
        authority = []
        rest = text[end...].first == URILayout.slash ? Array(text[end...]) : [URILayout.slash] + text[end...]
    }

    private var readings: [[UInt8]] {
        let queryStart = rest.firstIndex(where: URILayout.isTailStart) ?? rest.count
        var readings: [[UInt8]] = []
        // The path ends at `?` and `#`, or they are letters of it like others.
        for end in queryStart == rest.count ? [rest.count] : [queryStart, rest.count] {
            let (path, tail) = (rest[..<end], rest[end...])
            readings.append(beginning + DotSegments.resolve(path, collapsing: isFile).path + tail)
            guard let authority, !authority.isEmpty || !isFile else { continue }
            for collapsing in isFile ? [true] : [false, true] {
                // The host is the first segment of the path. Without dot segments that changes nothing.
                let resolved = DotSegments.resolve((authority + path)[...], collapsing: collapsing)
                guard resolved.hadDots else { continue }
                readings.append(scheme + (isFile ? Array("///") : Array("//")) + resolved.path + tail)
            }
        }
        return readings
    }

    private var beginning: [UInt8] {
        guard let authority else { return scheme }
        return scheme + Array("//") + authority
    }
}

extension URINormalizer {
    /// Readings for deny rules alone, of a text that is already normalised: a fragment (with `file:` a query too) cut
    /// off, runs of slashes as one, no slash at the end, and `file:` with a host as if there were none, or as if it
    /// were a folder.
    var coarse: [[UInt8]] {
        var beginnings = [(beginning, rest)]
        if isFile, let authority, !authority.isEmpty {
            beginnings.append((Array("file://"), rest))
            beginnings.append((Array("file:///") + authority, rest))
        }
        var readings: [[UInt8]] = []
        for (beginning, rest) in beginnings {
            let end = rest.firstIndex { $0 == 0x23 || (isFile && $0 == 0x3F) } ?? rest.count
            let collapsed = DotSegments.collapse(rest[..<end])
            let bare = collapsed.count > 1 && collapsed.last == URILayout.slash ? collapsed.dropLast() : collapsed[...]
            readings += [beginning + rest, beginning + rest[..<end], beginning + collapsed, beginning + bare]
        }
        return readings
    }
}

/// What only deny rules look at: texts that some servers take for the same resource and others do not. To ask an allow
/// to match them all would refuse harmless URIs; to let them pass a deny would open a way round it.
enum CoarseReadings {
    /// Those that are not among the readings already.
    static func of(_ readings: [[UInt8]]) -> [[UInt8]] {
        var coarse: [[UInt8]] = []
        for reading in readings {
            guard let parts = URINormalizer(reading) else { continue }
            for text in parts.coarse where !readings.contains(text) && !coarse.contains(text) { coarse.append(text) }
        }
        return coarse
    }
}

/// `.` and `..` in paths.
enum DotSegments {
    /// The path without dot segments (RFC 3986, section 5.2.4; here also for paths that do not begin with `/`), and
    /// whether it had any. `..` at the top is dropped. With `collapsing`, runs of slashes are one, as in a file system.
    static func resolve(_ path: ArraySlice<UInt8>, collapsing: Bool) -> (path: [UInt8], hadDots: Bool) {
        let isAbsolute = path.first == URILayout.slash
        let segments = (isAbsolute ? path.dropFirst() : path).split(
            separator: URILayout.slash,
            omittingEmptySubsequences: false
        )
        var kept: [ArraySlice<UInt8>] = []
        var hadDots = false
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            if segment.elementsEqual([0x2E]) || segment.elementsEqual([0x2E, 0x2E]) {
                hadDots = true
                if segment.count == 2 { _ = kept.popLast() }
                // What ends in a dot segment names a folder: `/a/..` is `/`, `/a/.` is `/a/`.
                if isLast, !kept.isEmpty { kept.append([]) }
            } else if !segment.isEmpty || !collapsing || (isLast && !kept.isEmpty) {
                kept.append(segment)
            }
        }
        guard hadDots || collapsing else { return (Array(path), false) }
        return ((isAbsolute ? [URILayout.slash] : []) + kept.joined(separator: [URILayout.slash]), hadDots)
    }

    /// Runs of slashes as one.
    static func collapse(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in path where byte != URILayout.slash || result.last != URILayout.slash { result.append(byte) }
        return result
    }
}
