// SPDX-License-Identifier: Apache-2.0

import JSON

/// Every member that a configuration may have, and those that it will have: a key that comes with a later release is
/// told apart from one that is misspelt. `deploy/gateway.schema.json` says the same; a test compares the two.
enum ConfigurationKeys {
    static let root = ConfigKeys(
        "",
        [
            "$schema", "include", "public_url", "listen", "admin", "threads", "allowed_hosts",
            "allowed_origins", "trusted_proxies", "authentication", "servers", "server_defaults", "access", "sessions",
            "log", "limits",
        ],
        later: [
            "metrics", "reload", "tests", "stop", "stop_file", "rate_limits",
            "shared_state", "audit", "alerts", "tracing",
        ]
    )

    static let listen = ConfigKeys("listen.*", ["address", "tls", "proxy_protocol", "client_address_from"])

    static let listenerTLS = ConfigKeys(
        "listen.*.tls",
        ["certificate", "key", "minimum_version", "client_ca", "client_certificate"]
    )

    static let upstreamTLS = ConfigKeys(
        "servers.*.http.tls",
        ["ca", "client_certificate", "client_key", "server_name"]
    )

    static let admin = ConfigKeys("admin", ["address"], later: ["tls", "token"])

    static let authentication = ConfigKeys(
        "authentication",
        ["api_keys", "api_key_files"],
        later: ["issuers", "client_certificates", "scope_implies"]
    )

    static let apiKey = ConfigKeys(
        "authentication.api_keys.*",
        [
            "id", "hash", "hashes", "subject", "roles", "claims", "not_before", "expires", "disabled", "servers",
            "addresses",
        ],
        misplaced: [("key", "must not stand in a configuration; write its \"hash\", which \"key hash\" prints")]
    )

    static let apiKeyHash = ConfigKeys("authentication.api_keys.*.hashes.*", ["hash", "expires"])

    static let server = ConfigKeys(
        "servers.*",
        ["path"] + forEveryServer,
        later: laterForServers,
        misplaced: (["command"] + forEveryChild).map { ($0, "belongs into \"stdio\": { … }") }
            + (["url"] + forEveryHTTP).map { ($0, "belongs into \"http\": { … }") }
    )

    static let serverDefaults = ConfigKeys(
        "server_defaults",
        forEveryServer,
        later: laterForServers,
        misplaced: [
            ("path", "has no default for all servers: two servers cannot share a path; write it in each server")
        ]
    )

    private static let forEveryServer: [StaticString] = [
        "stdio", "http", "authenticate", "server_requests", "timeouts", "denials", "error_status", "forward_identity",
    ]

    private static let laterForServers: [StaticString] = [
        "public_url", "sse", "issuers", "audience", "instructions", "scopes", "scopes_supported", "legacy_sse",
        "era", "bridge_eras", "repair_sessions", "validate_arguments", "result_limit", "pin",
        "redact",
    ]

    static let stdio = ConfigKeys("servers.*.stdio", ["command"] + forEveryChild)

    static let stdioDefaults = ConfigKeys(
        "server_defaults.stdio",
        forEveryChild,
        misplaced: [("command", "has no default for all servers; write it in each server")]
    )

    private static let forEveryChild: [StaticString] = [
        "arguments", "directory", "environment", "isolation", "processes", "user", "memory", "open_files",
        "start_timeout", "stop_timeout",
    ]

    static let processes = ConfigKeys("servers.*.stdio.processes", ["maximum", "idle", "warm"])

    static let http = ConfigKeys("servers.*.http", ["url"] + forEveryHTTP)

    static let httpDefaults = ConfigKeys(
        "server_defaults.http",
        forEveryHTTP,
        misplaced: [("url", "has no default for all servers; write it in each server")]
    )

    private static let forEveryHTTP: [StaticString] = ["headers", "connections", "tls"]

    static let connections = ConfigKeys("servers.*.http.connections", ["maximum", "idle"])

    static let timeouts = ConfigKeys(
        "servers.*.timeouts",
        ["connect", "response", "stream_ping", "stream_maximum"]
    )

    static let access = ConfigKeys(
        "access.*",
        ["id", "servers", "to", "allow", "deny", "mode", "message"],
        later: ["when", "during"]
    )

    static let to = ConfigKeys(
        "access.*.to",
        ["key", "subject", "role", "kind"],
        later: ["issuer", "client", "group", "scope", "certificate", "claim"]
    )

    static let objects = ConfigKeys("access.*.allow", ["tools", "resources", "prompts", "methods"])

    static let sessions = ConfigKeys("sessions", ["key"])

    static let log = ConfigKeys("log", ["level", "format", "file"])

    static let limits = ConfigKeys(
        "limits",
        [
            "connections", "header_bytes", "headers", "body", "json_depth", "response_message", "sessions",
            "session_idle", "session_lifetime", "sessions_per_principal", "header_timeout", "body_timeout",
            "keep_alive", "drain_delay", "drain",
        ]
    )

    static let secret = ConfigKeys("secret", ["env", "file", "prefix"])

    /// Every table, for the test that compares them with the schema.
    static let all = [
        root, listen, listenerTLS, upstreamTLS, admin, authentication, apiKey, apiKeyHash, server, serverDefaults,
        stdio,
        stdioDefaults, processes, http, httpDefaults, connections, timeouts, access, to, objects, sessions, log, limits,
        secret,
    ]
}
