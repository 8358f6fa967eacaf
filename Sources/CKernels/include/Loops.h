// The loops between matrix products, compiled for several instruction sets.
//
// Each works on a row or a span at any address. Sums are taken in 16 lanes and a fixed order, so that equal
// input gives equal bits wherever it lies; levels differ from each other by rounding only.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Number formats of spans: IEEE single, the upper half of it, IEEE half (to read only).
typedef enum {
    CKERNELS_F32,
    CKERNELS_BF16,
    CKERNELS_F16,
} ckernels_format;

// What follows a sum. GELU is the tanh form.
typedef enum {
    CKERNELS_IDENTITY,
    CKERNELS_SILU,
    CKERNELS_GELU,
} ckernels_activation;

// Instruction sets, from the one that every x86-64 (or other) CPU has upwards.
typedef enum {
    CKERNELS_BASELINE,
    CKERNELS_AVX2,    // AVX2 and FMA
    CKERNELS_AVX512,  // AVX-512 F, BW, VL, DQ
} ckernels_level;

typedef struct {
    // y = (x - mean) / sqrt(variance + epsilon) * (1 + scale) + shift over `count` numbers; y f32 or bf16.
    void (*layer_norm)(const float *x, const float *scale, const float *shift, float epsilon, size_t count,
                       void *y, ckernels_format format);
    // y = softmax(factor * x); x is overwritten, y may be x if f32, else is bf16.
    void (*softmax)(float *x, float factor, size_t count, void *y, ckernels_format format);
    // y = activation(x + bias); y may be x if f32, else is bf16.
    void (*activate)(const float *x, const float *_Nullable bias, ckernels_activation activation,
                     size_t count, void *y, ckernels_format format);
    // h += gate * y; y f32 or bf16.
    void (*add_gated)(const void *y, ckernels_format format, const float *gate, size_t count, float *h);
    // y += x.
    void (*add)(const float *x, size_t count, float *y);
    // y = a - b.
    void (*subtract)(const float *a, const float *b, size_t count, float *y);
    // y += factor * x.
    void (*add_scaled)(const float *x, float factor, size_t count, float *y);
    // y = factor * (a - b); y may be a or b.
    void (*scaled_difference)(const float *a, const float *b, float factor, size_t count, float *y);
    // y = x in another format (to f32 or bf16): round to nearest even, NaN stays NaN.
    void (*convert)(const void *x, ckernels_format from, size_t count, void *y, ckernels_format to);
    // Of each column of x [rows, columns]: its mean, and the sum of the squared distances from it.
    void (*column_moments)(const float *x, size_t rows, size_t columns, float *mean, float *squares);
    // y = activation(x * scale + offset) for x [rows, columns], scale and offset [columns]; y may be x.
    void (*affine)(const float *x, const float *scale, const float *offset, ckernels_activation activation,
                   size_t rows, size_t columns, float *y);
} ckernels_loops;

// The loops of a level, or NULL if this CPU lacks it.
const ckernels_loops *_Nullable ckernels_loops_at(ckernels_level level);

// The highest level that this CPU has.
ckernels_level ckernels_best_level(void);

#pragma clang assume_nonnull end
