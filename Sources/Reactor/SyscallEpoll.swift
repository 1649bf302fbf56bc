// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// One epoll instance and the room for its answers.
// SAFETY: `room` is allocated in init for `eventsMax` events, freed in deinit, and never leaves this struct.
@safe struct EventPoll: ~Copyable {
    /// Events taken from the kernel at once, which bounds the work of one turn.
    static let eventsMax = 256

    private let descriptor: FileDescriptor
    private let room: UnsafeMutablePointer<epoll_event>
    private var count = 0

    init() throws(ReactorError) {
        descriptor = FileDescriptor(owning: try checked("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        unsafe room = .allocate(capacity: EventPoll.eventsMax)
        unsafe room.initialize(repeating: epoll_event(), count: EventPoll.eventsMax)
    }

    deinit { unsafe room.deallocate() }

    /// Watches a descriptor; `key` comes back with each of its events.
    func add(_ watched: Int32, _ events: UInt32, key: UInt64) throws(ReactorError) {
        try control(EPOLL_CTL_ADD, watched, events, key, "epoll_ctl(ADD)")
    }

    func modify(_ watched: Int32, _ events: UInt32, key: UInt64) throws(ReactorError) {
        try control(EPOLL_CTL_MOD, watched, events, key, "epoll_ctl(MOD)")
    }

    func remove(_ watched: Int32) throws(ReactorError) {
        try control(EPOLL_CTL_DEL, watched, 0, 0, "epoll_ctl(DEL)")
    }

    /// Waits for events, at most so long (negative: without limit), and answers how many there are.
    mutating func wait(milliseconds: Int32) -> Int {
        // SAFETY: the kernel writes at most `eventsMax` events into room for as many.
        let result = unsafe epoll_wait(descriptor.raw, room, Int32(EventPoll.eventsMax), milliseconds)
        // A signal ends the wait without an event: the turn goes on and comes back. Nothing else can go wrong here
        // but a bad descriptor or address, which are bugs of ours.
        precondition(result >= 0 || errno == EINTR, "epoll_wait failed")
        count = max(0, Int(result))
        return count
    }

    subscript(index: Int) -> (events: UInt32, key: UInt64) {
        precondition(index >= 0 && index < count, "an event that the kernel did not give")
        // SAFETY: checked above; all events of the room are initialised.
        let event = unsafe room[index]
        return unsafe (event.events, event.data.u64)
    }

    private func control(
        _ operation: Int32,
        _ watched: Int32,
        _ events: UInt32,
        _ key: UInt64,
        _ what: StaticString
    ) throws(ReactorError) {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.u64 = key
        // SAFETY: the kernel reads one event of ours during the call.
        _ = try checked(what) { unsafe epoll_ctl(descriptor.raw, operation, watched, &event) }
    }
}

/// Bits of `epoll_event.events`.
enum EventBits {
    static let read = EPOLLIN.rawValue
    static let write = EPOLLOUT.rawValue
    static let hangUp = EPOLLHUP.rawValue
    static let error = EPOLLERR.rawValue
    static let edge = EPOLLET.rawValue
}
