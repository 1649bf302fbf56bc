// SPDX-License-Identifier: Apache-2.0

import Bytes
import Reactor
import Sessions
import Telemetry
import Upstream

/// Writes what happens to sessions into the log.
enum SessionLog {
    static func observer(_ log: Log) -> SessionObserver {
        SessionObserver { note in
            switch note {
            case .opened(let server, let session):
                log.write(.info, "session_opened") { name(server, session, &$0) }
            case .closed(let server, let session):
                log.write(.info, "session_closed") { name(server, session, &$0) }
            case .lost(let server, let session, let loss):
                log.write(.warning, "upstream_exited") { line in
                    name(server, session, &line)
                    line.member("reason", describe(loss))
                }
            case .complained(let server, let session, let text, let dropped):
                log.write(.info, "upstream_stderr") { line in
                    name(server, session, &line)
                    line.member("line", text)
                    if dropped > 0 { line.member("dropped", dropped) }
                }
            case .dropped(let server, let session, let reason):
                log.write(.debug, "upstream_message_dropped") { line in
                    name(server, session, &line)
                    line.member("reason", reason)
                }
            case .failed(let server, let session, let reason):
                log.write(.warning, "upstream_failed") { line in
                    name(server, session, &line)
                    line.member("reason", reason)
                }
            }
        }
    }

    private static func name(_ server: [UInt8], _ session: SessionHandle?, _ line: inout JSONWriter) {
        line.member("server", server)
        if let session { line.member("session", session.logName) }
    }

    private static func describe(_ loss: ChildLoss) -> [UInt8] {
        switch loss {
        case .couldNotStart(let stage, let code):
            return Array(ChildStartFailure(stage: stage, code: code).description.utf8)
        case .exited: return Array("it ended")
        case .lineTooLong: return Array("a line over limits.response_message")
        case .readFailed(let code):
            var text = Array<UInt8>("its output could not be read, error ")
            DecimalText.append(Int(code), to: &text)
            return text
        }
    }
}
