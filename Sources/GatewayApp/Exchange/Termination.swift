// SPDX-License-Identifier: Apache-2.0

/// How an exchange ended, as four letters of the access line: contract, section 5.
struct Termination {
    enum Party: UInt8 {
        case client = 0x43
        case upstream = 0x55
        case gateway = 0x47
        case `operator` = 0x4F
        case nobody = 0x2D
    }

    enum Phase: UInt8 {
        case head = 0x48
        case authentication = 0x41
        case body = 0x42
        case policy = 0x50
        case limit = 0x4C
        case upstream = 0x51
        case answer = 0x52
        case stream = 0x53
        case complete = 0x2D
    }

    enum How: UInt8 {
        case timeout = 0x54
        case error = 0x45
        case reset = 0x52
        case denied = 0x44
        case drain = 0x58
        case normally = 0x2D
    }

    /// Whether the upstream had the call.
    enum Delivered: UInt8 {
        case yes = 0x59
        case no = 0x4E
        case partly = 0x50
    }

    var party = Party.nobody
    /// While the exchange lives: how far it is. Complete is said at the end.
    var phase = Phase.head
    var how = How.normally
    var delivered = Delivered.no

    /// The same place in the exchange, ended early.
    func ended(by party: Party, how: How) -> Termination {
        Termination(party: party, phase: phase, how: how, delivered: delivered)
    }

    var letters: [UInt8] { [party.rawValue, phase.rawValue, how.rawValue, delivered.rawValue] }
}
