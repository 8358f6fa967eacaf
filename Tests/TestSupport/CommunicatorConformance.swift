import Tensors
import Transport

/// Throws unless `communicator` keeps the promises of `Communicator`; every rank calls it.
///
/// Sizes go over what shared memory and TCP send eagerly; every rank sends before it receives, which
/// deadlocks wherever a send blocks.
public func checkCommunicator(_ communicator: any Communicator) throws {
    try checkRing(communicator)
    try checkAllPairs(communicator)
    try checkOrder(communicator)
    try checkTags(communicator)
    try checkManyOutstanding(communicator)
    try checkPolling(communicator)
    try checkBroadcast(communicator)
    try checkGather(communicator)
    try checkSplit(communicator)
    for _ in 0..<3 { try communicator.barrier() }
}

/// Parts keep the order of ranks and do not mix with each other or with the whole.
private func checkSplit(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let members = (0..<size).filter { $0 % 2 == rank % 2 }
    let part = try communicator.split(color: rank % 2)
    try checkEqual(part.size, members.count, "ranks of a part")
    try checkEqual(members[part.rank], rank, "place in a part")
    try checkEqual(try part.allGather(rank), members, "gathering in a part")
    // The same tag, in the whole and in the part: the whole's is received last.
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    let toWhole = try communicator.send(AlignedBytes([UInt8(rank)]), to: next, tag: 9)
    let ofWhole = AlignedBytes(byteCount: 1)
    let last = part.size - 1
    for round in 0..<2 {
        let sending = try part.send(AlignedBytes([100 + UInt8(rank)]), to: last - part.rank, tag: 9)
        let received = AlignedBytes(byteCount: 1)
        try part.receive(into: received, from: last - part.rank, tag: 9).wait()
        try sending.wait()
        try checkEqual(received.bytes, [100 + UInt8(members[last - part.rank])], "round \(round) in a part")
    }
    try communicator.receive(into: ofWhole, from: previous, tag: 9).wait()
    try toWhole.wait()
    try checkEqual(ofWhole.bytes, [UInt8(previous)], "the whole, after its parts")
    let alone = try part.split(color: part.rank)
    try checkEqual(try alone.broadcast([7], from: 0), [7], "a part of a part")
    try checkEqual(alone.size, 1, "ranks of a part of a part")
}

private let messageByteCounts = [0, 1, 17, 4095, 4097, 65_537, 1 << 20, (1 << 20) + 1]

/// Bytes in which two windows at different places differ.
private let noise = (0..<(1 << 20) + 9000).map { UInt8(truncatingIfNeeded: ($0 &* 40_503) >> 7) }

/// Bytes that tell where they come from, and which message they are.
private func pattern(_ source: Int, _ target: Int, _ number: Int, byteCount: Int) -> [UInt8] {
    let start = (source * 1009 + target * 97 + number) % 8191
    return Array(noise[start..<start + byteCount])
}

private func checkRing(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    for byteCount in messageByteCounts {
        let sent = AlignedBytes(pattern(rank, next, byteCount, byteCount: byteCount))
        let sending = try communicator.send(sent, to: next, tag: 1)
        let received = AlignedBytes(byteCount: byteCount)
        try communicator.receive(into: received, from: previous, tag: 1).wait()
        try sending.wait()
        try check(
            received.bytes == pattern(previous, rank, byteCount, byteCount: byteCount),
            "ring: \(byteCount) bytes from rank \(previous) to rank \(rank) arrived changed")
    }
}

private func checkAllPairs(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    for byteCount in [3, 100_003] {
        var transfers: [any Transfer] = []
        var arrived: [AlignedBytes] = []
        for other in 0..<size {
            let sent = AlignedBytes(pattern(rank, other, 0, byteCount: byteCount))
            transfers.append(try communicator.send(sent, to: other, tag: 2))
            let received = AlignedBytes(byteCount: byteCount)
            transfers.append(try communicator.receive(into: received, from: other, tag: 2))
            arrived.append(received)
        }
        for transfer in transfers { try transfer.wait() }
        for (other, received) in arrived.enumerated() {
            try check(
                received.bytes == pattern(other, rank, 0, byteCount: byteCount),
                "pairs: \(byteCount) bytes from rank \(other) to rank \(rank) arrived changed")
        }
    }
}

private func checkOrder(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    var transfers: [any Transfer] = []
    for number in 0..<20 {
        let sent = AlignedBytes(pattern(rank, next, number, byteCount: 33))
        transfers.append(try communicator.send(sent, to: next, tag: 3))
    }
    for number in 0..<20 {
        let received = AlignedBytes(byteCount: 33)
        try communicator.receive(into: received, from: previous, tag: 3).wait()
        try checkEqual(
            received.bytes, pattern(previous, rank, number, byteCount: 33),
            "order: message \(number) from rank \(previous)")
    }
    for transfer in transfers { try transfer.wait() }
}

private func checkTags(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    var transfers: [any Transfer] = []
    for tag in 0..<10 {
        let sent = AlignedBytes(pattern(rank, next, tag, byteCount: 9))
        transfers.append(try communicator.send(sent, to: next, tag: 100 + tag))
    }
    for tag in (0..<10).reversed() {
        let received = AlignedBytes(byteCount: 9)
        try communicator.receive(into: received, from: previous, tag: 100 + tag).wait()
        try checkEqual(
            received.bytes, pattern(previous, rank, tag, byteCount: 9),
            "tags: tag \(tag) from rank \(previous)")
    }
    for transfer in transfers { try transfer.wait() }
}

private func checkManyOutstanding(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    let byteCount = 10_007
    let arrived = (0..<100).map { _ in AlignedBytes(byteCount: byteCount) }
    var transfers: [any Transfer] = []
    for received in arrived {
        transfers.append(try communicator.receive(into: received, from: previous, tag: 4))
    }
    for number in arrived.indices {
        let sent = AlignedBytes(pattern(rank, next, number, byteCount: byteCount))
        transfers.append(try communicator.send(sent, to: next, tag: 4))
    }
    // The last one first: the order of waiting must not matter.
    for transfer in transfers.reversed() { try transfer.wait() }
    for (number, received) in arrived.enumerated() {
        try check(
            received.bytes == pattern(previous, rank, number, byteCount: byteCount),
            "many: message \(number) from rank \(previous) to rank \(rank) arrived changed")
    }
}

private func checkPolling(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    let received = AlignedBytes(byteCount: 300_001)
    let receiving = try communicator.receive(into: received, from: previous, tag: 5)
    let sent = AlignedBytes(pattern(rank, next, 5, byteCount: 300_001))
    let sending = try communicator.send(sent, to: next, tag: 5)
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
        let isSent = try sending.isComplete()
        let isReceived = try receiving.isComplete()
        if isSent && isReceived { break }
        try check(
            ContinuousClock.now < deadline, "polling: sent \(isSent), received \(isReceived) after 60 s")
    }
    try check(try sending.isComplete() && receiving.isComplete(), "polling: complete only once")
    try sending.wait()
    try receiving.wait()
    try check(
        received.bytes == pattern(previous, rank, 5, byteCount: 300_001), "polling: bytes arrived changed")
}

private func checkBroadcast(_ communicator: any Communicator) throws {
    for root in 0..<communicator.size {
        for byteCount in [0, 1, 4097, 1_000_003] {
            let expected = pattern(root, 0, byteCount, byteCount: byteCount)
            // What the other ranks pass must not matter.
            let passed = communicator.rank == root ? expected : [1, 2, 3]
            try check(
                try communicator.broadcast(passed, from: root) == expected,
                "broadcast of \(byteCount) bytes from rank \(root)")
        }
    }
}

private func checkGather(_ communicator: any Communicator) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    for root in 0..<size {
        for unit in [0, 1, 5001] {
            // Rank r brings r units, so that rank 0 brings nothing.
            let own = pattern(rank, root, unit, byteCount: rank * unit)
            let expected = (0..<size).map { pattern($0, root, unit, byteCount: $0 * unit) }
            try check(
                try communicator.gather(own, to: root) == (rank == root ? expected : []),
                "gather of \(unit) bytes a rank to rank \(root)")
        }
    }
}
