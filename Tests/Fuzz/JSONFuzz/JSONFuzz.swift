// SPDX-License-Identifier: Apache-2.0

import JSON

/// What must hold of every document that is read, whatever its bytes: its minified form is read again, has the same
/// values, no line break outside escapes, and is its own minified form; an edit touches nothing but its value.
func check(_ bytes: [UInt8]) {
    guard let document = try? JSONDocument(bytes) else { return }
    let root = document.root
    var text: [UInt8] = []
    root.appendMinified(to: &text)
    precondition(!text.contains(0x0A) && !text.contains(0x0D), "a line break is left")
    precondition(text.count <= bytes.count * 3, "the minified form is longer than escapes explain")
    guard let again = try? JSONDocument(text) else { preconditionFailure("the minified form is not read") }
    precondition(areSame(root, again.root), "the minified form has other values")
    precondition(!again.root.hasLineBreakOutsideStrings, "a line break is reported where there is none")
    var twice: [UInt8] = []
    again.root.appendMinified(to: &twice)
    precondition(twice == text, "minifying again changes something")
    checkEdit(root, text)
}

/// Replaces the last member or element by itself.
private func checkEdit(_ root: JSONValue, _ text: [UInt8]) {
    var last: JSONValue?
    for member in root.members { last = member.value }
    for element in root.elements { last = element }
    guard let last else { return }
    var itself: [UInt8] = []
    last.appendMinified(to: &itself)
    var edited: [UInt8] = []
    root.appendMinified(to: &edited, edits: [JSONEdit(last, becomes: itself)])
    precondition(edited == text, "an edit changed more than its value")
}

private func areSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    guard left.kind == right.kind, left.count == right.count else { return false }
    switch left.kind {
    case .object:
        for (one, other) in zip(left.members, right.members) {
            guard one.name.string == other.name.string, areSame(one.value, other.value) else { return false }
            guard let name = one.name.string, left.member(name)?.place == one.value.place else { return false }
        }
        return true
    case .array:
        for (one, other) in zip(left.elements, right.elements) where !areSame(one, other) { return false }
        return true
    case .string:
        return left.string == right.string
    case .number:
        return left.raw == right.raw && left.integer == right.integer
    case .bool, .null:
        return left.raw == right.raw && left.bool == right.bool
    }
}

@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    check(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

// SwiftPM links an executable with `main` set to this symbol; libFuzzer's own loop is called from it.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@c(JSONFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
