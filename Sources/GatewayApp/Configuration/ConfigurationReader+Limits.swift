// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON
import Telemetry

/// Durations in nanoseconds.
enum Nanoseconds {
    static func milliseconds(_ count: UInt64) -> UInt64 { count * 1_000_000 }
    static func seconds(_ count: UInt64) -> UInt64 { count * 1_000_000_000 }
    static func minutes(_ count: UInt64) -> UInt64 { seconds(count * 60) }
    static func hours(_ count: UInt64) -> UInt64 { minutes(count * 60) }
    static func days(_ count: UInt64) -> UInt64 { hours(count * 24) }

    /// What a time-out may be.
    static let timeouts = milliseconds(1)...days(1)
    /// What an idle time or a lifetime may be.
    static let lifetimes = milliseconds(1)...days(365)
}

extension ConfigurationReader {
    func readLimits(_ node: ConfigNode?) -> LimitsConfiguration {
        var limits = LimitsConfiguration()
        guard let object = node?.object(ConfigurationKeys.limits) else { return limits }
        limits.connections = object.integer("connections", default: limits.connections, 1...10_000_000)
        limits.headerBytes = size(object, "header_bytes", limits.headerBytes, 1 << 10...1 << 20)
        limits.headers = object.integer("headers", default: limits.headers, 8...10_000)
        limits.body = size(object, "body", limits.body, 1 << 10...1 << 27)
        limits.jsonDepth = object.integer("json_depth", default: limits.jsonDepth, 8...1024)
        limits.responseMessage = size(object, "response_message", limits.responseMessage, 1 << 10...1 << 27)
        limits.sessions = object.integer("sessions", default: limits.sessions, 1...10_000_000)
        limits.sessionIdle = object.duration("session_idle", default: limits.sessionIdle, Nanoseconds.lifetimes)
        limits.sessionLifetime = object.duration(
            "session_lifetime",
            default: limits.sessionLifetime,
            Nanoseconds.lifetimes
        )
        limits.sessionsPerPrincipal = object.integer(
            "sessions_per_principal",
            default: limits.sessionsPerPrincipal,
            1...10_000_000
        )
        limits.headerTimeout = object.duration("header_timeout", default: limits.headerTimeout, Nanoseconds.timeouts)
        limits.bodyTimeout = object.duration("body_timeout", default: limits.bodyTimeout, Nanoseconds.timeouts)
        limits.keepAlive = object.duration("keep_alive", default: limits.keepAlive, Nanoseconds.timeouts)
        readDrain(object, &limits)
        return limits
    }

    /// The delay is part of the drain. A drain that is shorter than the default delay and names none has no room for
    /// it.
    private func readDrain(_ object: ConfigObject, _ limits: inout LimitsConfiguration) {
        limits.drain = object.duration("drain", default: limits.drain, 0...Nanoseconds.days(1))
        limits.drainDelay = object.duration("drain_delay", default: limits.drainDelay, 0...Nanoseconds.days(1))
        guard limits.drainDelay > limits.drain else { return }
        let delay = ConfigUnits.text(duration: limits.drainDelay)
        let drain = ConfigUnits.text(duration: limits.drain)
        let node = object["drain_delay"] ?? object["drain"]
        node?.error(
            "\"drain_delay\" (\(delay)) must not be longer than \"drain\" (\(drain)), which includes it; "
                + "lengthen \"drain\" or shorten \"drain_delay\""
        )
    }

    private func size(_ object: ConfigObject, _ key: StaticString, _ value: Int, _ range: ClosedRange<UInt64>) -> Int {
        Int(object.size(key, default: UInt64(value), range))
    }

    func readLog(_ node: ConfigNode?) -> LogConfiguration {
        var log = LogConfiguration()
        guard let object = node?.object(ConfigurationKeys.log) else { return log }
        let levels: [(StaticString, LogLevel)] = [
            ("error", .error), ("warning", .warning), ("info", .info), ("debug", .debug),
        ]
        log.level = object["level"]?.choice(levels) ?? log.level
        log.format = object["format"]?.choice([("json", .json), ("text", .text)]) ?? log.format
        guard let file = object["file"], let text = file.text(such: "gatehouse.log"), let place = file.place else {
            return log
        }
        let path = context.absolute(text, from: place.file)
        if context.files.facts(path)?.isDirectory == true {
            file.error("\"file\" is a directory; write the path of a file in it")
        } else if context.files.facts(PathText.directory(of: path))?.isDirectory != true {
            context.absent(place, "the directory of \(ConfigText.quoted(path)) does not exist; make it first")
        }
        log.file = path
        return log
    }
}
