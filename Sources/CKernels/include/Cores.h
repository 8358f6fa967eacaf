// The cores that a process may run on.
#pragma once
#include <stdbool.h>

/// Whether a process's affinity mask has a core; false beyond the last one, and where there is no such process.
/// 0 stands for this process.
bool ckernels_may_run_on(int process, int core);
