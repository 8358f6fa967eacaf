#include "ContentHash.h"
#include <string.h>

// Constants and steps of the XXH64 specification (xxHash, doc/xxhash_spec.md).
static const uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F, prime3 = 0x165667B19E3779F9,
                      prime4 = 0x85EBCA77C2B2AE63, prime5 = 0x27D4EB2F165667C5;

static inline uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static inline uint64_t mix(uint64_t lane, uint64_t word) { return rotate(lane + word * prime2, 31) * prime1; }

static inline uint64_t word64(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void addStripes(uint64_t lanes[4], const unsigned char *bytes, size_t stripes) {
    uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
    for (; stripes > 0; stripes--, bytes += 32) {
        a = mix(a, word64(bytes));
        b = mix(b, word64(bytes + 8));
        c = mix(c, word64(bytes + 16));
        d = mix(d, word64(bytes + 24));
    }
    lanes[0] = a, lanes[1] = b, lanes[2] = c, lanes[3] = d;
}

ContentHashState contentHashBegin(void) {
    return (ContentHashState){.lanes = {prime1 + prime2, prime2, 0, 0 - prime1}};
}

void contentHashAdd(ContentHashState *state, const void *data, size_t count) {
    const unsigned char *bytes = data;
    size_t held = state->byteCount % 32;
    state->byteCount += count;
    if (held > 0) {
        size_t taken = count < 32 - held ? count : 32 - held;
        memcpy(state->pending + held, bytes, taken);
        bytes += taken, count -= taken, held += taken;
        if (held < 32) return;
        addStripes(state->lanes, state->pending, 1);
    }
    addStripes(state->lanes, bytes, count / 32);
    if (count % 32 > 0) memcpy(state->pending, bytes + count / 32 * 32, count % 32);
}

uint64_t contentHashFinish(const ContentHashState *state) {
    const uint64_t *lanes = state->lanes;
    uint64_t hash = prime5;
    if (state->byteCount >= 32) {
        hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
        for (int i = 0; i < 4; i++) hash = (hash ^ mix(0, lanes[i])) * prime1 + prime4;
    }
    hash += state->byteCount;

    const unsigned char *bytes = state->pending;
    size_t count = state->byteCount % 32;
    for (; count >= 8; bytes += 8, count -= 8) hash = rotate(hash ^ mix(0, word64(bytes)), 27) * prime1 + prime4;
    if (count >= 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof word);
        hash = rotate(hash ^ word * prime1, 23) * prime2 + prime3;
        bytes += 4, count -= 4;
    }
    for (; count > 0; bytes++, count--) hash = rotate(hash ^ *bytes * prime5, 11) * prime1;

    hash = (hash ^ hash >> 33) * prime2;
    hash = (hash ^ hash >> 29) * prime3;
    return hash ^ hash >> 32;
}
