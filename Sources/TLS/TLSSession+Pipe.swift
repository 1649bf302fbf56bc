// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// Where the library reads and writes during one call: straight from the caller's bytes, straight to the caller's
/// array.
/// It lives on the stack of that call; between calls a session has none.
@safe struct TLSPipe {
    // SAFETY: both point to what the call into the library borrows, and are dropped when it returns.
    fileprivate var input: UnsafeBufferPointer<UInt8>
    fileprivate let output: UnsafeMutablePointer<[UInt8]>
    /// How much may still be read before anything is written: the limit of a ClientHello. Nil: no limit.
    fileprivate(set) var helloRoom: Int?
    fileprivate(set) var isHelloTooLong = false

    /// Calls `body` with a pipe between the two.
    static func run<Result>(
        _ bio: OpaquePointer,
        _ input: Span<UInt8>,
        _ output: inout [UInt8],
        helloRoom: Int? = nil,
        _ body: () -> Result
    ) -> (result: Result, pipe: (helloRoom: Int?, isHelloTooLong: Bool)) {
        // SAFETY: every pointer lives to the end of these closures, and the BIO forgets them before they end. The
        // caller's session keeps the BIO alive.
        unsafe input.withUnsafeBufferPointer { input in
            unsafe withUnsafeMutablePointer(to: &output) { output in
                var pipe = unsafe TLSPipe(input: input, output: output, helloRoom: helloRoom)
                let result = unsafe withUnsafeMutablePointer(to: &pipe) { pipe in
                    unsafe BIO_set_data(bio, pipe)
                    defer { unsafe BIO_set_data(bio, nil) }
                    // What another part of the program left in this thread's queue is not this session's.
                    ERR_clear_error()
                    return body()
                }
                return (result, (pipe.helloRoom, pipe.isHelloTooLong))
            }
        }
    }

    /// A BIO of this kind, for a session to own.
    static func makeBIO() -> OpaquePointer? {
        // SAFETY: the method lives for ever.
        guard let method = PipeMethod.shared else { return nil }
        return unsafe BIO_new(method.pointer)
    }

    fileprivate mutating func read(into room: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        let count = unsafe min(count, input.count)
        guard count > 0, let base = unsafe input.baseAddress else { return 0 }
        if let left = helloRoom {
            guard count <= left else {
                isHelloTooLong = true
                return 0
            }
            helloRoom = left - count
        }
        // SAFETY: the library's room is at least `count`, and so is the input.
        unsafe UnsafeMutableRawPointer(room).copyMemory(from: base, byteCount: count)
        unsafe input = UnsafeBufferPointer(rebasing: input[count...])
        return count
    }

    fileprivate mutating func write(_ bytes: UnsafePointer<CChar>, _ count: Int) {
        helloRoom = nil
        // SAFETY: the library's bytes are there for the call; nobody else touches the caller's array meanwhile.
        let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        unsafe output.pointee.append(contentsOf: raw)
    }
}

/// The library's table of functions for such BIOs: one for the whole program.
// Sendable is checked by hand: made once, never changed, never freed.
@safe private struct PipeMethod: @unchecked Sendable {
    let pointer: OpaquePointer

    static let shared: PipeMethod? = {
        // SAFETY: the functions have the signatures that the library asks for and keep nothing.
        guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe"),
            unsafe BIO_meth_set_create(method, create) == 1,
            unsafe BIO_meth_set_read(method, read) == 1,
            unsafe BIO_meth_set_write(method, write) == 1,
            unsafe BIO_meth_set_ctrl(method, control) == 1
        else { return nil }
        return unsafe PipeMethod(pointer: method)
    }()

    private static let create: @convention(c) (OpaquePointer?) -> Int32 = { bio in
        // SAFETY: the library's own object, alive during the call.
        unsafe BIO_set_init(bio, 1)
        return 1
    }

    private static let read: @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int32 = {
        bio,
        room,
        count in
        // SAFETY: the data is the pipe of the call that we are inside of, or nil.
        unsafe gatehouse_bio_clear_retry(bio)
        guard let pipe = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSPipe.self), let room = unsafe room,
            count > 0
        else { return -1 }
        let moved = unsafe pipe.pointee.read(into: room, Int(count))
        if moved > 0 { return Int32(moved) }
        // A ClientHello over its limit is a broken connection; otherwise the rest is still to come.
        if unsafe !pipe.pointee.isHelloTooLong { unsafe gatehouse_bio_retry_read(bio) }
        return -1
    }

    private static let write: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 = {
        bio,
        bytes,
        count in
        // SAFETY: as above.
        unsafe gatehouse_bio_clear_retry(bio)
        guard let pipe = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSPipe.self), let bytes = unsafe bytes,
            count > 0
        else { return -1 }
        unsafe pipe.pointee.write(bytes, Int(count))
        return count
    }

    private static let control: @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = {
        _,
        command,
        _,
        _ in
        command == BIO_CTRL_FLUSH ? 1 : 0
    }
}
