import Tensors
import Testing

@testable import Sampling

@Suite(.serialized)
struct EnvelopeTests {
    private static let envelopes = [
        Envelope(kind: .activation, step: 0, group: 0, part: 0, planHash: 0),
        Envelope(kind: .latents, step: 999, group: 65_535, part: 1, planHash: 0xffff_ffff_ffff),
        Envelope(kind: .finished, step: 0, group: 65_536, part: 0, planHash: 0x1234_5678_9abc),
        Envelope(kind: .picture, step: 9_999, group: 1 << 39, part: 3, planHash: 1 << 47),
    ]

    @Test(arguments: Self.envelopes)
    func matchesItselfAndNoOther(_ envelope: Envelope) {
        let header = Tensor(envelope.floats, shape: [Envelope.count])
        for other in Self.envelopes { #expect(other.matches(header) == (other == envelope)) }
    }

    @Test(arguments: Self.envelopes)
    func saysInWordsWhatItHolds(_ envelope: Envelope) {
        let header = Tensor(envelope.floats, shape: [Envelope.count])
        #expect(Envelope.describe(header) == envelope.description)
    }

    @Test func everyFieldCounts() {
        let envelope = Envelope(kind: .activation, step: 3, group: 70_000, part: 1, planHash: 77)
        let header = Tensor(envelope.floats, shape: [Envelope.count])
        let changes: [(inout Envelope) -> Void] = [
            { $0.kind = .latents }, { $0.step = 4 }, { $0.group = 70_001 }, { $0.group = 4464 },
            { $0.part = 0 }, { $0.planHash = 78 }, { $0.planHash = 77 | 1 << 32 },
        ]
        for change in changes {
            var other = envelope
            change(&other)
            #expect(!other.matches(header))
        }
    }

    @Test(arguments: [Float.nan, -1, .infinity, 1e30, 0, 99])
    func garbageIsCalledThat(_ number: Float) {
        let header = Tensor(Array(repeating: number, count: Envelope.count), shape: [Envelope.count])
        #expect(Envelope.describe(header) == "something that is no message of this program")
    }

    @Test func payloadBeginsOnACacheLine() {
        let message = MessageBuffer(shape: [3, 5])
        #expect(message.payload.byteOffset % 64 == 0)
        #expect(message.bytes.byteCount == 64 + 3 * 5 * 4)
    }
}
