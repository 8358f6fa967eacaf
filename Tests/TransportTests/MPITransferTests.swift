import Synchronization
import Tensors
import TestSupport
import Testing
import Transport

@testable import MPITransport

/// What becomes of a transfer that fails or is dropped; most of it without a call of MPI.
@Suite(.serialized) struct MPITransferTests {
    private static func communicator() -> MPICommunicator {
        MPICommunicator(
            rank: 0, size: 1, hostName: "here",
            messages: MPIProgress(rank: 0, size: 1, patience: .endless, signs: nil), handle: nil,
            synchronousSends: false)
    }

    @Test func whatIsTooLongHasNotBegun() {
        let communicator = Self.communicator()
        let error = #expect(throws: TransportError.self) {
            // Memory that is never touched, so that there need be none.
            let bytes = AlignedBytes(byteCount: greatestMessageByteCount + 1)
            _ = try communicator.send(bytes, to: 0, tag: 1)
        }
        #expect(error?.description.contains("one MPI message holds at most 2147483647") == true)
        #expect(communicator.messages.transfersUnderWay.load(ordering: .relaxed) == 0)
    }

    /// MPI may still write the memory of what was dropped, all of it.
    @Test func memoryOfWhatIsDroppedIsNeverFreed() throws {
        let communicator = Self.communicator()
        weak var own: AlignedBytes?
        weak var other: AlignedBytes?
        do {
            let (first, second) = (AlignedBytes(byteCount: 8), AlignedBytes(byteCount: 8))
            (own, other) = (first, second)
            _ = try MPITransfer(communicator, first, "a call", "", keeping: [second]) { _, _, request in
                request = OpaquePointer(bitPattern: 64)
                return 0
            }
        }
        #expect(own != nil && other != nil)
        #expect(communicator.messages.transfersUnderWay.load(ordering: .relaxed) == 0)
    }

    /// The status of a receive whose link broke says no length.
    @Test func aLengthIsReadOnlyWhereThereIsOne() {
        // MPI_SUCCESS, MPI_ERR_TRUNCATE; MPI_ERR_OTHER, MPI_ERR_PROC_FAILED.
        #expect([0, 15].allSatisfy { hasLength($0) })
        #expect(![16, 75].contains { hasLength($0) })
    }
}
