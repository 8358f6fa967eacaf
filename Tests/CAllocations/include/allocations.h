// Counts allocations, for tests of what a loop takes from the heap.
//
// The functions of the C library are replaced for the whole process by ones that count and pass on; Swift's arrays and
// objects go through them too. Aligned ones are left alone: oneDNN takes what its kernels work in from there.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Whether this build counts; one with a sanitizer does not.
bool allocations_are_counted(void);

/// From now on counts the calling thread's allocations of `least` bytes and more; what was counted is forgotten.
void allocations_watch(size_t least);

/// How many there have been.
long allocations_seen(void);
