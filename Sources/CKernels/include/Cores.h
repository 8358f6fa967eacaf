// The cores that this process may run on.
#pragma once

// By the affinity mask, which mpirun and Slurm bind ranks with; at least 1. (In C, because the GNU names of the
// mask are hidden from Swift.)
int ckernels_available_cores(void);
