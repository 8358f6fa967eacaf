// COpenBLAS: CBLAS and the one LAPACK routine that we use, nothing else.
#pragma once
#include <cblas.h>
#include <dlfcn.h>
#include <stdbool.h>

// Debian's libopenblas-dev carries LAPACK but no lapack.h. Eigenvalues and vectors of a symmetric matrix.
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);

// Has the library choose its kernels anew, by OPENBLAS_CORETYPE; to be called while it does nothing else.
//
// It chooses when it is loaded; the two functions that do it, in no header, are there in builds with several CPUs' kernels.
// False in others.
static inline bool openblas_choose_kernels(void) {
    void (*forget)(void) = (void (*)(void))dlsym(NULL, "gotoblas_dynamic_quit");
    void (*choose)(void) = (void (*)(void))dlsym(NULL, "gotoblas_dynamic_init");
    if (!forget || !choose) return false;
    forget();
    choose();
    return true;
}

// One of the buffers that calls work in: given back, it is kept for the next call. NULL in builds that do not let it out.
//
// The library tries without end to map one for a call that finds none.
static inline void *openblas_take_buffer(void) {
    void *(*take)(int) = (void *(*)(int))dlsym(NULL, "blas_memory_alloc");
    return take ? take(0) : NULL;
}

static inline void openblas_give_buffer(void *buffer) {
    void (*give)(void *) = (void (*)(void *))dlsym(NULL, "blas_memory_free");
    if (give) give(buffer);
}
