// The XXH64 hash (seed 0) of bytes that arrive in pieces: fast, not cryptographic. It tells one set of
// weights from another; it protects against nobody.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A hash under way.
typedef struct {
    uint64_t lanes[4];
    uint64_t byteCount;
    unsigned char pending[32];
} ContentHashState;

/// The state before the first byte.
ContentHashState contentHashBegin(void);
/// Takes in `count` bytes; how a stream is cut into pieces does not change its hash.
void contentHashAdd(ContentHashState *state, const void *bytes, size_t count);
/// The hash of all bytes so far.
uint64_t contentHashFinish(const ContentHashState *state);
