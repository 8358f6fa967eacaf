import CachePlanning
import Files
import Foundation
import Schedulers

/// libFuzzer's entry: one input, in memory of exactly its size, so that the address sanitizer sees a read beyond it.
///
/// The environment variable `OMNICACHE_FUZZED_FORMAT` names the format, one of ``formats``.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try fuzzedFormat([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        precondition(isExpected(error), "refused with an error of another kind: \(error)")
    }
    return 0
}

private let fuzzedFormat: @Sendable ([UInt8]) throws -> Void = {
    let name = ProcessInfo.processInfo.environment["OMNICACHE_FUZZED_FORMAT"] ?? ""
    guard let format = formats[name] else {
        preconditionFailure(
            "OMNICACHE_FUZZED_FORMAT is '\(name)', expected one of \(formats.keys.sorted())")
    }
    return format
}()

/// Whether a reader may refuse its input so.
private func isExpected(_ error: any Error) -> Bool {
    switch error {
    case is ReadError, is PlanError, is SchedulerError, is DecodingError: true
    default: false
    }
}
