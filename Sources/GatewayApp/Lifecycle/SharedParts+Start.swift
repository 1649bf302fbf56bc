// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import HTTP
import Identity
import Policy
import Reactor
import Sessions
import TLS
import Telemetry
import Upstream

/// Building what all loops share from a configuration that has been checked. What is thrown here passed the check and
/// changed since: a command that is gone, an account that was removed.
extension SharedParts {
    init(
        _ configuration: GatewayConfiguration,
        guardian: Guardian,
        log: Log,
        workers: WorkerDirectory
    ) throws(StartFailure) {
        let policy: Policy
        do {
            policy = try Policy(rules: configuration.access, servers: configuration.servers.map(\.name))
        } catch {
            throw StartFailure(text: Array("access: a rule cannot be compiled\n"))
        }
        let authenticator: Authenticator
        do {
            authenticator = try Authenticator(keys: configuration.keys)
        } catch {
            throw StartFailure(text: Array("authentication: the keys cannot be used\n"))
        }
        var servers: [Route.Upstream] = []
        for (index, server) in configuration.servers.enumerated() {
            servers.append(try Route.Upstream(server, index: index, configuration))
        }
        let secrets = configuration.sessionKeys.isEmpty ? [SecureRandom.bytes(32)] : configuration.sessionKeys
        let limits = SessionDirectory.Limits(
            sessionsMax: configuration.limits.sessions,
            sessionsPerPrincipalMax: configuration.limits.sessionsPerPrincipal,
            lifetimeMicroseconds: Int(configuration.limits.sessionLifetime / 1000)
        )
        self.init(
            snapshot: Snapshot(configuration, policy: policy, authenticator: authenticator, servers: servers),
            directory: SessionDirectory(limits: limits, sealer: SessionSealer(secrets: secrets)),
            events: EventSealer(secrets: secrets),
            guardian: guardian,
            log: log,
            counters: Counters(),
            observer: SessionLog.observer(log),
            workers: workers
        )
    }
}

extension Route.Upstream {
    init(_ server: ServerConfiguration, index: Int, _ configuration: GatewayConfiguration) throws(StartFailure) {
        switch server.upstream {
        case .stdio(let stdio):
            self = .stdio(try StdioServer(server, stdio, index: index, limits: configuration.limits))
        case .http(let http):
            self = .http(try HTTPServer(server, http, index: index, configuration))
        }
    }
}

extension HTTPServer {
    convenience init(
        _ server: ServerConfiguration,
        _ http: HTTPUpstreamConfiguration,
        index: Int,
        _ configuration: GatewayConfiguration
    ) throws(StartFailure) {
        let template: RequestTemplate
        do {
            template = try RequestTemplate(target: http.target, host: http.host, injected: http.headers)
        } catch {
            throw StartFailure(text: Array("servers.") + server.name + Array(": url or headers cannot be used\n"))
        }
        var tls: OriginTLS?
        do {
            if http.usesTLS {
                let context = try http.tls?.context ?? TLSClientContext(authorities: nil)
                tls = OriginTLS(context: context, host: http.tls?.serverName ?? http.name)
            }
        } catch {
            let reason = Array<UInt8>("\(error)\n".utf8)
            throw StartFailure(text: Array("servers.") + server.name + Array(": ") + reason)
        }
        var own = OriginLimits()
        own.connectNanoseconds = server.timeouts.connect
        own.idleNanoseconds = http.connectionIdle
        let loops = configuration.threads > 0 ? configuration.threads : Processes.availableCores
        own.connectionsMax = max(1, (http.connectionsMaximum + loops - 1) / loops)
        self.init(
            index: index,
            name: server.name,
            origin: HTTPOrigin(
                template: template,
                resolver: HostResolver(name: http.name),
                port: http.port,
                tls: tls,
                limits: own
            ),
            responseNanoseconds: server.timeouts.response,
            messageBytesMax: configuration.limits.responseMessage,
            idleNanoseconds: configuration.limits.sessionIdle,
            allowedRequests: ServerRequestKinds(rawValue: server.serverRequests.rawValue)
        )
    }
}

extension StdioServer {
    init(
        _ server: ServerConfiguration,
        _ stdio: StdioConfiguration,
        index: Int,
        limits: LimitsConfiguration
    ) throws(StartFailure) {
        var own = StdioLimits()
        own.lineBytesMax = limits.responseMessage
        own.stopNanoseconds = stdio.stopTimeout
        self.init(
            index: index,
            name: server.name,
            specification: try ChildSpecification(server, stdio),
            limits: own,
            processesMax: stdio.processesMaximum,
            idleNanoseconds: min(stdio.processIdle, limits.sessionIdle),
            startNanoseconds: stdio.startTimeout,
            responseNanoseconds: server.timeouts.response,
            allowedRequests: ServerRequestKinds(rawValue: server.serverRequests.rawValue)
        )
    }
}

extension ChildSpecification {
    /// > contract 2: "nothing else is inherited but PATH, HOME, LANG, TZ, TMPDIR"
    private static let inherited: [StaticString] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"]

    init(_ server: ServerConfiguration, _ stdio: StdioConfiguration) throws(StartFailure) {
        let own = Array<UInt8>("servers.") + server.name
        let path = Processes.environment("PATH") ?? []
        guard let command = CommandPath.find(stdio.command, path: path) else {
            throw StartFailure(text: own + Array(": the command is not found, or cannot be executed\n"))
        }
        var variables: [[UInt8]] = []
        for name in Self.inherited where !stdio.environment.contains(where: { $0.name == name.bytes }) {
            if let value = Processes.environment(name) { variables.append(name.bytes + [0x3D] + value) }
        }
        for variable in stdio.environment { variables.append(variable.name + [0x3D] + variable.value) }
        var user: UserIdentity?
        if let name = stdio.user {
            user = UserLookup.find(name: name)
            guard user != nil else { throw StartFailure(text: own + Array(": there is no such user\n")) }
        }
        self.init(
            path: command,
            arguments: stdio.arguments,
            environment: variables,
            directory: stdio.directory,
            user: user,
            memoryBytesMax: stdio.memory,
            openFilesMax: stdio.openFiles
        )
    }
}
