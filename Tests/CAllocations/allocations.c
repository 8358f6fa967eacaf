#include "allocations.h"

#include <unistd.h>
#include <stdio.h>
#include <stdint.h>

// glibc's own functions under the names that stay reachable when the usual ones are replaced.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static _Thread_local size_t watched = SIZE_MAX;
static _Thread_local long seen;

void allocations_watch(size_t least) {
    watched = least;
    seen = 0;
}

long allocations_seen(void) { return seen; }

#include <execinfo.h>
static void note(size_t bytes) { if (bytes >= watched) { seen++; if (seen > 2000 && seen < 2016) { size_t w = watched; watched = SIZE_MAX; void *f[16]; int n = backtrace(f, 14); char m[64]; int l = __builtin_snprintf(m, 64, "ALLOC %zu\n", bytes); write(2, m, l); backtrace_symbols_fd(f, n, 2); watched = w; } } }

void *malloc(size_t bytes) {
    note(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t each) {
    note(count * each);
    return __libc_calloc(count, each);
}

void *realloc(void *memory, size_t bytes) {
    note(bytes);
    return __libc_realloc(memory, bytes);
}
