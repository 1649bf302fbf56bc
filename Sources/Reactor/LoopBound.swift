// SPDX-License-Identifier: Apache-2.0

/// Carries a loop's own object through a `@Sendable` closure that runs on that same loop.
// Why unchecked: the value is only touched inside jobs of the loop that it belongs to; the closure that carries it
// between threads never looks at it.
public struct LoopBound<Value: AnyObject>: @unchecked Sendable {
    public let value: Value

    public init(_ value: Value) { self.value = value }
}
