import TestSupport
import Testing

/// The tests that start the program as a user would.
///
/// They run one after another, besides those of ``WaitingSuite``: each may use all cores, and several hold time limits.
/// Under mpirun there is nothing to do for them, as they start mpirun themselves.
@Suite(.serialized, .disabled(if: isUnderLauncher, "starts mpirun itself"))
enum CommandLineSuite {}

/// Those of them that mostly wait, for ranks to start, to end or to give each other up: they run beside the others.
@Suite(.serialized, .disabled(if: isUnderLauncher, "starts mpirun itself"))
enum WaitingSuite {}
