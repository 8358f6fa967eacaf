#define _GNU_SOURCE
#include "Cores.h"

#include <sched.h>

bool ckernels_may_run_on(int process, int core) {
    cpu_set_t mask;
    return core >= 0 && core < CPU_SETSIZE && sched_getaffinity(process, sizeof mask, &mask) == 0 &&
           CPU_ISSET(core, &mask);
}
