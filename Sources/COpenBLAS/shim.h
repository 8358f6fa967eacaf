// COpenBLAS: CBLAS and the one LAPACK routine that we use, nothing else.
#pragma once
#include <cblas.h>

// Debian's libopenblas-dev carries LAPACK but no lapack.h. Eigenvalues and vectors of a symmetric matrix.
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);
