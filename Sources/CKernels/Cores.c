#define _GNU_SOURCE
#include "Cores.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

static int readMask(int process, size_t size, void *mask) { return sched_getaffinity(process, size, mask); }

int32_t ckernels_cores(int process, int32_t *cores, int32_t room) {
    return ckernels_cores_by(readMask, process, cores, room);
}

int32_t ckernels_cores_by(ckernels_mask_reader read, int process, int32_t *cores, int32_t room) {
    int32_t count = 0;
    // The kernel refuses a mask that is narrower than its own, which it does not tell.
    for (int width = CPU_SETSIZE; width <= 1 << 20; width *= 2) {
        size_t size = CPU_ALLOC_SIZE(width);
        cpu_set_t *mask = CPU_ALLOC(width);
        if (!mask) return 0;
        CPU_ZERO_S(size, mask);
        int code = read(process, size, mask);
        int error = errno;
        if (code >= 0)
            for (int core = 0; core < width; core++)
                if (CPU_ISSET_S(core, size, mask)) {
                    if (count < room) cores[count] = core;
                    count++;
                }
        CPU_FREE(mask);
        if (code >= 0 || error != EINVAL) return count;
    }
    return 0;
}
