// Everything in the handlers is async-signal-safe: atomics, write and _exit.
#define _GNU_SOURCE
#include "CHost.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_bool isLone, isHeeded, isStopWanted, isEnding;

static void say(const char *message) {
    // A log that cannot be written changes nothing.
    if (write(STDERR_FILENO, message, strlen(message)) < 0) return;
}

static void onEnding(int number) {
    bool leavesTime = number == SIGUSR1 || (number == SIGTERM && isLone);
    if (leavesTime && isHeeded && !atomic_exchange(&isStopWanted, true)) return;
    // Two signals may come to two threads.
    if (atomic_exchange(&isEnding, true)) return;
    if (isLone && number == SIGINT) say("omnicache: interrupted; images that were finished are kept\n");
    if (isLone && number != SIGINT) say("omnicache: terminated; images that were finished are kept\n");
    _exit(number == SIGINT ? 130 : 143);
}

static void handle(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void host_end_on_signals(bool is_lone) {
    isLone = is_lone;
    handle(SIGINT, onEnding);
    handle(SIGTERM, onEnding);
    handle(SIGUSR1, onEnding);
}

void host_heed_signals(void) { isHeeded = true; }

bool host_is_stop_wanted(void) { return isStopWanted; }

static char limitMessage[512];
static atomic_int limitStatus;

static void onLimit(int number) {
    (void)number;
    say(limitMessage);
    _exit(limitStatus);
}

void host_set_limit(unsigned seconds, host_wait what, int status) {
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    const char *awaited = what == HOST_MPI_START ? "MPI to start" : "MPI to end";
    limitMessage[0] = 0;
    if (what != HOST_MPI_ABORT)
        snprintf(limitMessage, sizeof limitMessage, "omnicache: error: %s: waited %u s for %s\n", name, seconds, awaited);
    limitStatus = status;
    handle(SIGALRM, onLimit);
    alarm(seconds);
}

void host_end_limit(void) { alarm(0); }

bool host_flush_output(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    char message[256];
    // The stream remembers that an earlier write failed, but not why.
    snprintf(message, sizeof message, "omnicache: error: standard output: %s\n",
             errno ? strerror(errno) : "not all could be written");
    say(message);
    return false;
}
