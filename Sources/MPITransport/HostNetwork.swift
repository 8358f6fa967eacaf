import Platform

/// A network interface of this host that is up, the loopback left out.
public struct NetworkInterface: Codable, Sendable, Equatable {
    /// As in `eth0`.
    public let name: String
    /// Its IPv4 address.
    public let address: String
}

/// This host's interfaces with an IPv4 address, in the system's order; none if the system does not say.
public func networkInterfaces() -> [NetworkInterface] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    var found: [NetworkInterface] = []
    var next = first
    // Safe: the list is the system's own until it is freed.
    while let entry = next?.pointee {
        next = entry.ifa_next
        let isUsable = entry.ifa_flags & UInt32(IFF_UP) != 0 && entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
        guard isUsable, let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else {
            continue
        }
        found.append(
            NetworkInterface(
                name: String(cString: entry.ifa_name),
                address: numericName(of: address, length: socklen_t(MemoryLayout<sockaddr_in>.size))))
    }
    return found
}

/// Whether this host can find the address of another by its name.
public func canResolve(_ host: String) -> Bool {
    var found: UnsafeMutablePointer<addrinfo>?
    defer { if let found { freeaddrinfo(found) } }
    return getaddrinfo(host, nil, nil, &found) == 0
}

private func numericName(of address: UnsafePointer<sockaddr>, length: socklen_t) -> String {
    // Safe: getnameinfo ends the text within the room that it is given.
    String(unsafeUninitializedCapacity: Int(NI_MAXHOST)) { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
            let code = getnameinfo(
                address, length, characters.baseAddress, socklen_t(characters.count), nil, 0, NI_NUMERICHOST)
            return code == 0 ? (characters.firstIndex(of: 0) ?? 0) : 0
        }
    }
}
