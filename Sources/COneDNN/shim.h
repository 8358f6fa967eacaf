// COneDNN: oneDNN's C interface for Swift, nothing else.
//
// oneDNN 3 changed its C interface (opaque memory descriptors, no operation descriptors). All that differs is in
// this file: Swift sees matrix products, convolutions and reorders as `onednn_operation`s, and memory layouts
// as `onednn_layout`s that it only passes on.
#pragma once
#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if DNNL_VERSION_MAJOR != 2
#error "this shim speaks the C interface of oneDNN 2 (Debian's libdnnl-dev)"
#endif

// How a dense array lies in memory.
typedef dnnl_memory_desc_t onednn_layout;

// Bytes of an array with that layout, padding included.
static inline size_t onednn_layout_bytes(const onednn_layout *layout) {
    return dnnl_memory_desc_get_size(layout);
}

static inline bool onednn_layout_equal(const onednn_layout *one, const onednn_layout *other) {
    return dnnl_memory_desc_equal(one, other) != 0;
}

// A layout given by strides in elements.
static inline dnnl_status_t onednn_layout_strided(int axes, const int64_t *extents, const int64_t *strides,
                                                  dnnl_data_type_t type, onednn_layout *layout) {
    return dnnl_memory_desc_init_by_strides(layout, axes, extents, type, strides);
}

// A primitive and the layouts of its operands.
typedef struct {
    dnnl_primitive_t primitive;
    bool has_bias;
    onednn_layout source, weights, bias, destination, scratchpad;
} onednn_operation;

// destination[rows, columns] = activation(source[rows, inner] * weights[inner, columns] + bias[columns])
typedef struct {
    int64_t rows, inner, columns;
    // Elements from row to row; a row is dense.
    int64_t source_stride, destination_stride;
    // Elements from row to row and from column to column; both 0 for a layout of the library's choice.
    int64_t weights_row_stride, weights_column_stride;
    // Of source and weights; sums and bias are f32.
    dnnl_data_type_t operand_type;
    dnnl_data_type_t destination_type;
    bool has_bias;
    // dnnl_alg_kind_undef for none.
    dnnl_alg_kind_t activation;
    // The activation's parameter: swish(x) = x sigmoid(alpha x), relu's slope below 0.
    float activation_alpha;
} onednn_matmul;

// Source [rows, columns, inputs] and destination [(rows + pads - kernel) / stride + 1, likewise, outputs], f32, dense;
// weights in a layout of the library's choice.
typedef struct {
    int64_t inputs, outputs, rows, columns, kernel, stride;
    int64_t pad_above, pad_below, pad_left, pad_right;
    bool has_bias;
    // Whether the result is added to what the destination holds.
    bool adding;
} onednn_convolution;

static inline dnnl_status_t onednn_finish(dnnl_primitive_desc_t description, bool has_bias,
                                          onednn_operation *operation) {
    operation->has_bias = has_bias;
    operation->source = *dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0);
    operation->destination = *dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
    operation->weights = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    if (has_bias) operation->bias = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 1);
    operation->scratchpad = *dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    dnnl_status_t status = dnnl_primitive_create(&operation->primitive, description);
    dnnl_primitive_desc_destroy(description);
    return status;
}

// What follows an operation's sums.
typedef struct {
    dnnl_alg_kind_t activation;
    float alpha;
    bool adding;
} onednn_epilogue;

static const onednn_epilogue onednn_no_epilogue = {dnnl_alg_kind_undef, 0, false};

// Attributes: the scratchpad is the caller's, because the library's own belongs to the creating thread.
static inline dnnl_status_t onednn_attributes(onednn_epilogue epilogue, dnnl_primitive_attr_t *attributes) {
    dnnl_status_t status = dnnl_primitive_attr_create(attributes);
    if (status != dnnl_success) return status;
    status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
    bool has_activation = epilogue.activation != dnnl_alg_kind_undef;
    if (status != dnnl_success || (!has_activation && !epilogue.adding)) return status;
    dnnl_post_ops_t after;
    status = dnnl_post_ops_create(&after);
    if (status != dnnl_success) return status;
    if (epilogue.adding) status = dnnl_post_ops_append_sum(after, 1);
    if (status == dnnl_success && has_activation)
        status = dnnl_post_ops_append_eltwise(after, 1, epilogue.activation, epilogue.alpha, 0);
    if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(*attributes, after);
    dnnl_post_ops_destroy(after);
    return status;
}

static inline dnnl_status_t onednn_create(dnnl_engine_t engine, const_dnnl_op_desc_t what,
                                          onednn_epilogue epilogue, bool has_bias,
                                          onednn_operation *operation) {
    dnnl_primitive_attr_t attributes;
    dnnl_status_t status = onednn_attributes(epilogue, &attributes);
    if (status != dnnl_success) return status;
    dnnl_primitive_desc_t description;
    status = dnnl_primitive_desc_create(&description, what, attributes, engine, NULL);
    dnnl_primitive_attr_destroy(attributes);
    return status == dnnl_success ? onednn_finish(description, has_bias, operation) : status;
}

static inline dnnl_status_t onednn_matmul_create(dnnl_engine_t engine, const onednn_matmul *shape,
                                                 onednn_operation *operation) {
    onednn_layout source, weights, bias, destination;
    const dnnl_dims_t source_extents = {shape->rows, shape->inner};
    const dnnl_dims_t weights_extents = {shape->inner, shape->columns};
    const dnnl_dims_t bias_extents = {1, shape->columns};
    const dnnl_dims_t destination_extents = {shape->rows, shape->columns};
    const dnnl_dims_t source_strides = {shape->source_stride, 1};
    const dnnl_dims_t weights_strides = {shape->weights_row_stride, shape->weights_column_stride};
    const dnnl_dims_t bias_strides = {shape->columns, 1};
    const dnnl_dims_t destination_strides = {shape->destination_stride, 1};
    bool free_layout = shape->weights_row_stride == 0;
    dnnl_status_t status
        = onednn_layout_strided(2, source_extents, source_strides, shape->operand_type, &source);
    if (status == dnnl_success)
        status = free_layout
            ? dnnl_memory_desc_init_by_tag(&weights, 2, weights_extents, shape->operand_type,
                                           dnnl_format_tag_any)
            : onednn_layout_strided(2, weights_extents, weights_strides, shape->operand_type, &weights);
    if (status == dnnl_success)
        status = onednn_layout_strided(2, bias_extents, bias_strides, dnnl_f32, &bias);
    if (status == dnnl_success)
        status = onednn_layout_strided(2, destination_extents, destination_strides, shape->destination_type,
                                       &destination);
    dnnl_matmul_desc_t what;
    if (status == dnnl_success)
        status = dnnl_matmul_desc_init(&what, &source, &weights, shape->has_bias ? &bias : NULL, &destination);
    if (status != dnnl_success) return status;
    onednn_epilogue epilogue = {shape->activation, shape->activation_alpha, false};
    return onednn_create(engine, &what, epilogue, shape->has_bias, operation);
}

static inline dnnl_status_t onednn_convolution_create(dnnl_engine_t engine, const onednn_convolution *shape,
                                                      onednn_operation *operation) {
    onednn_layout source, weights, bias, destination;
    const int64_t result_rows
        = (shape->rows + shape->pad_above + shape->pad_below - shape->kernel) / shape->stride + 1;
    const int64_t result_columns
        = (shape->columns + shape->pad_left + shape->pad_right - shape->kernel) / shape->stride + 1;
    const dnnl_dims_t source_extents = {1, shape->inputs, shape->rows, shape->columns};
    const dnnl_dims_t weights_extents = {shape->outputs, shape->inputs, shape->kernel, shape->kernel};
    const dnnl_dims_t bias_extents = {shape->outputs};
    const dnnl_dims_t destination_extents = {1, shape->outputs, result_rows, result_columns};
    const dnnl_dims_t one = {1};
    const dnnl_dims_t steps = {shape->stride, shape->stride};
    const dnnl_dims_t before = {shape->pad_above, shape->pad_left};
    const dnnl_dims_t after = {shape->pad_below, shape->pad_right};
    dnnl_status_t status
        = dnnl_memory_desc_init_by_tag(&source, 4, source_extents, dnnl_f32, dnnl_nhwc);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(&weights, 4, weights_extents, dnnl_f32, dnnl_format_tag_any);
    if (status == dnnl_success) status = onednn_layout_strided(1, bias_extents, one, dnnl_f32, &bias);
    if (status == dnnl_success)
        status
            = dnnl_memory_desc_init_by_tag(&destination, 4, destination_extents, dnnl_f32, dnnl_nhwc);
    dnnl_convolution_desc_t what;
    if (status == dnnl_success)
        status = dnnl_convolution_forward_desc_init(
            &what, dnnl_forward_inference, dnnl_convolution_direct, &source,
            &weights, shape->has_bias ? &bias : NULL, &destination, steps, before, after);
    if (status != dnnl_success) return status;
    onednn_epilogue epilogue = {dnnl_alg_kind_undef, 0, shape->adding};
    return onednn_create(engine, &what, epilogue, shape->has_bias, operation);
}

// Copies from one layout (source) to another (destination); the number formats may differ.
static inline dnnl_status_t onednn_reorder_create(dnnl_engine_t engine, const onednn_layout *from,
                                                  const onednn_layout *to, onednn_operation *operation) {
    dnnl_primitive_attr_t attributes;
    dnnl_status_t status = onednn_attributes(onednn_no_epilogue, &attributes);
    if (status != dnnl_success) return status;
    dnnl_primitive_desc_t description;
    status = dnnl_reorder_primitive_desc_create(&description, from, engine, to, engine, attributes);
    dnnl_primitive_attr_destroy(attributes);
    return status == dnnl_success ? onednn_finish(description, false, operation) : status;
}

static inline void onednn_operation_destroy(onednn_operation *operation) {
    dnnl_primitive_destroy(operation->primitive);
}

// The operands of one thread's calls.
typedef struct {
    dnnl_exec_arg_t operands[5];
} onednn_call;

static inline dnnl_status_t onednn_call_create(dnnl_engine_t engine, const onednn_operation *operation,
                                               onednn_call *call) {
    const onednn_layout *layouts[5] = {&operation->source, &operation->destination, &operation->scratchpad,
                                       &operation->weights, &operation->bias};
    const int names[5] = {DNNL_ARG_SRC, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS};
    for (int i = 0; i < 5; i++) {
        call->operands[i].arg = names[i];
        call->operands[i].memory = NULL;
        // A reorder has no weights: their layout has no axes.
        if (layouts[i]->ndims == 0 && i > 2) continue;
        dnnl_status_t status
            = dnnl_memory_create(&call->operands[i].memory, layouts[i], engine, DNNL_MEMORY_NONE);
        if (status != dnnl_success) return status;
    }
    return dnnl_success;
}

static inline void onednn_call_destroy(onednn_call *call) {
    for (int i = 0; i < 5; i++)
        if (call->operands[i].memory) dnnl_memory_destroy(call->operands[i].memory);
}

// Runs an operation on the calling thread. Weights and bias are NULL for a reorder.
static inline dnnl_status_t onednn_call_run(const onednn_operation *operation, onednn_call *call,
                                            dnnl_stream_t stream, const void *source, const void *weights,
                                            const void *bias, void *destination, void *scratchpad) {
    const void *addresses[5] = {source, destination, scratchpad, weights, bias};
    int count = operation->has_bias ? 5 : weights ? 4 : 3;
    for (int i = 0; i < count; i++) {
        dnnl_status_t status = dnnl_memory_set_data_handle(call->operands[i].memory, (void *)addresses[i]);
        if (status != dnnl_success) return status;
    }
    return dnnl_primitive_execute(operation->primitive, stream, count, call->operands);
}

// OpenMP's `omp_set_num_threads`, which holds for the calling thread only; NULL if the library has been built
// on another threading layer. Looked up because only oneDNN is linked to the OpenMP library.
typedef void (*onednn_thread_setter)(int);
static inline onednn_thread_setter _Nullable onednn_find_thread_setter(void) {
    return (onednn_thread_setter)dlsym(NULL, "omp_set_num_threads");
}
