// What must be done with the host before Swift runs, or inside of a signal handler.
//
// Before anything else, libraries' initialisers included, Start.c opens closed standard descriptors, ignores SIGPIPE and
// takes out of the environment what would bind the process to one core.
#pragma once
#include <stdbool.h>

/// Lets SIGINT, SIGTERM and SIGUSR1 end this process wherever it stands, with status 130, 143 and 143.
///
/// No thread has to be started or woken for it. A lone process says what ended it.
void host_end_on_signals(bool is_lone);

/// From now on the first signal that leaves time is only noted: SIGUSR1, and SIGTERM of a lone process.
void host_heed_signals(void);

/// Whether such a signal has come.
bool host_is_stop_wanted(void);

/// What a process waits for when its time is up.
typedef enum { HOST_MPI_START, HOST_MPI_END, HOST_MPI_ABORT } host_wait;

/// Ends this process with `status` in so many seconds, saying what it waited for; not for `HOST_MPI_ABORT`, whose cause
/// has been said.
void host_set_limit(unsigned seconds, host_wait what, int status);

/// Forgets that.
void host_end_limit(void);

/// Writes out what was printed to standard output; says on standard error why some of it cannot be written, if so.
bool host_flush_output(void);
