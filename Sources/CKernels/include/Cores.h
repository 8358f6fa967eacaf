// The cores that a process may run on.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The cores in a process's affinity mask, in rising order, as far as there is room for them.
///
/// 0 stands for this process. Returns how many there are; 0 where there is no such process.
int32_t ckernels_cores(int process, int32_t *cores, int32_t room);

/// sched_getaffinity, or what tests put in its place: fills a mask of `size` bytes, or returns -1 and sets errno as that does.
typedef int (*ckernels_mask_reader)(int process, size_t size, void *mask);

/// As above, with another reader of masks.
int32_t ckernels_cores_by(ckernels_mask_reader read, int process, int32_t *cores, int32_t room);
