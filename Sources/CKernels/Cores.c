#define _GNU_SOURCE
#include "Cores.h"

#include <sched.h>

int ckernels_available_cores(void) {
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
    int cores = CPU_COUNT(&mask);
    return cores > 0 ? cores : 1;
}
