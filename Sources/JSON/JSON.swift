// SPDX-License-Identifier: Apache-2.0
public struct JSONValue: Sendable {}
