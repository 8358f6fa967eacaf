#include "allocations.h"

#include <stdint.h>

// Sanitizers bring functions of their own, and only glibc keeps its own reachable under other names.
#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static _Thread_local size_t watched = SIZE_MAX;
static _Thread_local long seen;

bool allocations_are_counted(void) { return true; }

void allocations_watch(size_t least) {
    watched = least;
    seen = 0;
}

long allocations_seen(void) { return seen; }

static void note(size_t bytes) { seen += bytes >= watched; }

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

#else

bool allocations_are_counted(void) { return false; }
void allocations_watch(size_t least) { (void)least; }
long allocations_seen(void) { return 0; }

#endif
