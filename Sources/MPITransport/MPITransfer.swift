internal import COpenMPI
import Tensors
import Transport

/// A message that MPI is moving from or to `bytes`.
///
/// A receive whose message has another length throws, naming both. Open MPI 4.1 itself goes wrong on a
/// message that is too long and above its eager limit (it writes past the memory, or never completes), which
/// nothing here can prevent: lengths follow from the run description, on which the ranks agree beforehand.
final class MPITransfer: Transfer {
    private let communicator: MPICommunicator
    private let bytes: AlignedBytes
    private let call: String
    private let detail: String
    /// Source, receiver and tag of a receive, whose length is checked.
    private let received: (source: Int, rank: Int, tag: Int)?
    /// Other memory that MPI uses.
    private let kept: [AlignedBytes]
    private var request: MPI_Request?
    /// Whether MPI has let go of the memory, as before the call.
    private var isOver = true

    /// Starts a transfer.
    /// - Parameters:
    ///   - kept: other memory that the call is given.
    ///   - start: the MPI call, given the memory and where to put the request.
    /// - Throws: `TransportError` from the call.
    init(
        _ communicator: MPICommunicator, _ bytes: AlignedBytes, _ call: String, _ detail: String,
        received: (source: Int, rank: Int, tag: Int)? = nil, keeping kept: [AlignedBytes] = [],
        _ start: (UnsafeMutableRawPointer?, Int32, inout MPI_Request?) -> Int32
    ) throws(TransportError) {
        self.communicator = communicator
        self.bytes = bytes
        self.call = call
        self.detail = detail
        self.received = received
        self.kept = kept
        let count = try messageCount(bytes.byteCount, detail)
        // Safe: the memory does not move, and `self` keeps it until MPI has let go of it (see `deinit`).
        let code = bytes.withUnsafeMutableBytes { start($0.baseAddress, count, &request) }
        isOver = code != MPI_SUCCESS
        if !isOver { communicator.messages.begin() }
        try checkMPI(code, call, detail)
    }

    deinit {
        // A run that is torn down may drop messages under way. MPI may still write their memory, so it is
        // never freed.
        guard !isOver else { return }
        communicator.messages.end()
        guard request != COpenMPI_request_null() else { return }
        for memory in kept + [bytes] { _ = Unmanaged.passRetained(memory) }
    }

    func isComplete() throws(TransportError) -> Bool {
        if isOver { return true }
        var flag: Int32 = 0
        var status = MPI_Status()
        let code = MPI_Test(&request, &flag, &status)
        isOver = code != MPI_SUCCESS || flag != 0
        if isOver { communicator.messages.end() }
        if isOver, let received, hasLength(code) {
            var count: Int32 = 0
            try checkMPI(MPI_Get_count(&status, COpenMPI_byte(), &count), "MPI_Get_count", detail)
            try checkLength(
                found: Int(count), expected: bytes.byteCount, from: received.source, to: received.rank,
                tag: received.tag)
        }
        try checkMPI(code, call, detail)
        return isOver
    }

    func wait() throws(TransportError) {
        communicator.messages.comeOn()
        defer { communicator.messages.endWait() }
        var pause = Pause()
        while try !isComplete() {
            pause.take()
            try communicator.checkSilence { "\(call) (\(detail))" }
        }
    }

    func wait(for what: @autoclosure () -> String, idle: () throws -> Bool) throws {
        communicator.messages.comeOn()
        defer { communicator.messages.endWait() }
        var pause = Pause()
        while try !isComplete() {
            if try idle() {
                communicator.messages.comeOn()
                pause = Pause()
            } else {
                pause.take()
                try communicator.checkSilence(for: what)
            }
        }
    }

    func cancel() throws(TransportError) {
        guard !isOver else { return }
        try checkMPI(MPI_Cancel(&request), "MPI_Cancel", detail)
        var status = MPI_Status()
        let code = MPI_Wait(&request, &status)
        isOver = true
        communicator.messages.end()
        try checkMPI(code, "MPI_Wait", detail)
    }
}
