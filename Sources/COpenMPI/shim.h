// COpenMPI: Open MPI's C interface for Swift, nothing else.
// MPI's handles are macros that cast addresses, which Swift cannot import, so each has a function here.
#pragma once
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

static inline MPI_Comm COpenMPI_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Datatype COpenMPI_byte(void) { return MPI_BYTE; }
static inline MPI_Request COpenMPI_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Errhandler COpenMPI_errors_return(void) { return MPI_ERRORS_RETURN; }
