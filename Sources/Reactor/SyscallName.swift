// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import Glibc

/// The most addresses of one name that are kept.
let addressesPerNameMax = 16

/// Asks the system for the addresses of a host name, in its order of preference; none where the name cannot be
/// resolved. Waits for files or the network, so it is never called on a loop.
func lookUpAddresses(_ name: [UInt8]) -> [IPAddress] {
    guard !name.isEmpty, !name.contains(0) else { return [] }
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    // SAFETY: the copy has a NUL behind it and lives during the call; the list is ours until it is freed below.
    return unsafe (name + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name.baseAddress, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        return unsafe readAddresses(list)
    }
}

private func readAddresses(_ list: UnsafeMutablePointer<addrinfo>?) -> [IPAddress] {
    var found: [IPAddress] = []
    var next = unsafe list
    while let entry = unsafe next, found.count < addressesPerNameMax {
        unsafe next = entry.pointee.ai_next
        guard let address = unsafe readAddress(entry.pointee), !found.contains(address) else { continue }
        found.append(address)
    }
    return found
}

private func readAddress(_ entry: addrinfo) -> IPAddress? {
    guard let address = unsafe entry.ai_addr else { return nil }
    var storage = sockaddr_storage()
    let count = unsafe min(Int(entry.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
    // SAFETY: the C library says how long the address is, and the room is as large as any.
    unsafe withUnsafeMutableBytes(of: &storage) { room in
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
    }
    let family = Int32(storage.ss_family)
    return family == AF_INET || family == AF_INET6 ? socketPeer(storage).address : nil
}
