// SPDX-License-Identifier: Apache-2.0

/// Builds the body of a spawn request: groups, then strings with a NUL behind each (guardian.h).
enum ChildRequest {
    /// - Throws: for what cannot be passed on: a NUL inside a string, too many strings or groups, too many bytes.
    static func body(_ specification: ChildSpecification) throws(ChildStartFailure) -> [UInt8] {
        let groups = specification.user?.groups ?? []
        let strings = specification.arguments.count + specification.environment.count + 1
        guard strings <= stringsMax, groups.count <= groupsMax else { throw tooLarge }
        var body: [UInt8] = []
        for group in groups {
            // In the order of this machine, for the guardian is a process of it.
            for shift in stride(from: 0, to: 32, by: 8) {
                body.append(UInt8(truncatingIfNeeded: group.littleEndian >> UInt32(shift)))
            }
        }
        try append(specification.path, to: &body)
        try append(specification.directory, to: &body)
        try append(specification.path, to: &body)
        for argument in specification.arguments { try append(argument, to: &body) }
        for variable in specification.environment { try append(variable, to: &body) }
        guard body.count <= bodyBytesMax else { throw tooLarge }
        return body
    }

    private static func append(_ text: [UInt8], to body: inout [UInt8]) throws(ChildStartFailure) {
        guard !text.contains(0) else {
            throw ChildStartFailure(
                stage: "pass on a path, argument or variable with a NUL in it",
                code: invalidArgument
            )
        }
        guard text.count <= bodyBytesMax else { throw tooLarge }
        body.append(contentsOf: text)
        body.append(0)
    }

    private static var tooLarge: ChildStartFailure {
        ChildStartFailure(stage: "pass on that many or that long arguments and variables", code: argumentsTooLong)
    }
}
