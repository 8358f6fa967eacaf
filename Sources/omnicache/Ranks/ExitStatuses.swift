import CachePlanning
import Checkpoints
import Engines
import Files
import ImageOutput
import Schedulers
import Transport

// The exit status that each module's errors end the program with (sysexits.h).

extension ReadError: ExitStatusProviding {
    /// 66 no such input, 65 an input that cannot be used.
    public var exitStatus: Int32 { status }
}

extension LabelError: ExitStatusProviding {
    /// 64 wrong usage.
    public var exitStatus: Int32 { 64 }
}

extension WriteError: ExitStatusProviding {
    /// 73 cannot write.
    public var exitStatus: Int32 { 73 }
}

extension EngineError: ExitStatusProviding {
    /// 64 wrong usage: an engine or precision that this build or CPU does not have; 69 what its host lacks.
    public var exitStatus: Int32 { isOfHost ? 69 : 64 }
}

extension SchedulerError: ExitStatusProviding {
    /// 64 wrong usage.
    public var exitStatus: Int32 { 64 }
}

extension ImageError: ExitStatusProviding {
    /// 65 an input that cannot be used: what is too large is refused before, so a label that no PNG can carry.
    public var exitStatus: Int32 { 65 }
}

extension PlanError: ExitStatusProviding {}

extension TransportError: ExitStatusProviding {
    /// 69 MPI or a rank failed.
    public var exitStatus: Int32 { 69 }
}

/// Wrong usage that the parser cannot see.
struct UsageError: Error, CustomStringConvertible, ExitStatusProviding {
    let description: String
    var exitStatus: Int32 { 64 }

    init(_ description: String) { self.description = description }
}
