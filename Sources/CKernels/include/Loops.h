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

// What follows a sum.
typedef enum {
    CKERNELS_IDENTITY,
    CKERNELS_SILU,        // x * sigmoid(x)
    CKERNELS_GELU,        // its tanh form
    CKERNELS_EXACT_GELU,  // x * (1 + erf(x / sqrt 2)) / 2
    CKERNELS_QUICK_GELU,  // x * sigmoid(1.702 x)
    CKERNELS_RELU,
    CKERNELS_TANH,
} ckernels_activation;

// What a row is divided by, after its mean is taken off or without.
typedef enum {
    CKERNELS_LAYER_NORM,
    CKERNELS_RMS_NORM,
} ckernels_norm;

// Instruction sets, from the one that every x86-64 (or other) CPU has upwards.
typedef enum {
    CKERNELS_BASELINE,
    CKERNELS_AVX2,    // AVX2 and FMA
    CKERNELS_AVX512,  // AVX-512 F, BW, VL, DQ
} ckernels_level;

typedef struct {
    // y = (x - center) / sqrt(spread + epsilon) * (base + scale) + shift over `count` numbers, where the center is the
    // mean or, in an RMS norm, 0, and the spread the mean square around it. x and y f32 or bf16; y may be x.
    void (*normalize)(ckernels_norm norm, const void *x, ckernels_format from, float epsilon, float base,
                      const float *_Nullable scale, const float *_Nullable shift, size_t count, void *y,
                      ckernels_format to);
    // y = softmax(factor * x); x is overwritten, y may be x if f32, else is bf16.
    void (*softmax)(float *x, float factor, size_t count, void *y, ckernels_format format);
    // One part of a softmax over several: y = exp(factor * x - m), where m is the largest of factor * x in this part and of
    // `maximum`, which becomes m. Returns what results of earlier parts are to be multiplied by, as `sum`, the sum of
    // exponentials, has been. x is overwritten, y may be x if f32, else is bf16.
    float (*softmax_part)(float *x, float factor, size_t count, void *y, ckernels_format format, float *maximum,
                          float *sum);
    // y = share_of_a * a + share_of_b * b; y f32 or bf16, may be a or b if f32.
    void (*blend)(const float *a, float share_of_a, const float *b, float share_of_b, size_t count, void *y,
                  ckernels_format format);
    // y = activation(x + bias); y may be x if f32, else is bf16.
    void (*activate)(const float *x, const float *_Nullable bias, ckernels_activation activation,
                     size_t count, void *y, ckernels_format format);
    // y = activation(a) * b; a and b of one format, y f32 or bf16; y may be a or b if of their format.
    void (*multiply_activated)(const void *a, const void *b, ckernels_format from, ckernels_activation activation,
                               size_t count, void *y, ckernels_format to);
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
    // Turns `count` points (a, b) of a row of 2 * count by angles: (a cos - b sin, b cos + a sin). A point is (i, count + i),
    // or (2 i, 2 i + 1). x and y f32 or bf16; y may be x.
    void (*rotate_halves)(const void *x, ckernels_format from, const float *cosine, const float *sine,
                          size_t count, void *y, ckernels_format to);
    void (*rotate_pairs)(const void *x, ckernels_format from, const float *cosine, const float *sine,
                         size_t count, void *y, ckernels_format to);
    // y = bias + the sum over `terms` of x[term] * weights[term].
    void (*sum_products)(size_t terms, const float *_Nonnull const *_Nonnull x,
                         const float *_Nonnull const *_Nonnull weights, const float *_Nullable bias,
                         size_t count, float *y);
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
