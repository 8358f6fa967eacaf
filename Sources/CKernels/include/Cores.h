// The cores that this process may run on.
#pragma once
#include <stdbool.h>

/// Whether the process's affinity mask has a core; false beyond the last one.
bool ckernels_may_run_on(int core);
