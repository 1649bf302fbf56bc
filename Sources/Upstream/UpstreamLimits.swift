// SPDX-License-Identifier: Apache-2.0

public import JSON

/// How a server's messages are read: as strictly as a client's, but deeper.
public enum UpstreamLimits {
    public static let json = JSONLimits(depthMax: 128)
}
