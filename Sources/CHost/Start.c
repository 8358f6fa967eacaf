// Runs before the initialisers of all libraries: those of OpenMP and OpenBLAS act on what they find.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

// Variables that have libgomp bind the initial thread to one core before `main`, and with it all that it starts; and
// OpenBLAS's number of threads: ours call it, its own would stand idle, and where the system refuses them it ends us.
static const char *const unwanted[]
    = {"OMP_PROC_BIND=", "OMP_PLACES=", "GOMP_CPU_AFFINITY=", "OPENBLAS_NUM_THREADS="};
static char oneThread[] = "OPENBLAS_NUM_THREADS=1";

static bool isUnwanted(const char *variable) {
    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
        if (strncmp(variable, unwanted[i], strlen(unwanted[i])) == 0) return true;
    return false;
}

// A file opened later would take a closed descriptor's number, and messages would be written into it. A result that is
// written to this standard output still fails.
static void openClosedDescriptors(void) {
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[descriptor]) < 0) return;
}

// Starts the program anew, as the same process, with the environment that its libraries are to see.
//
// There is no room to add a variable to the one that the kernel gave, and libc comes to its own copy later.
static void putEnvironmentRight(char **arguments, char **variables) {
    size_t count = 0, kept = 0;
    while (variables[count]) count++;
    char *wanted[count + 2];
    bool isRight = false;
    for (size_t i = 0; i < count; i++) {
        if (!isUnwanted(variables[i])) wanted[kept++] = variables[i];
        isRight |= strcmp(variables[i], oneThread) == 0;
    }
    // All but one of the variables stay, and that is the right one: so the program that is started finds no more to do.
    if (isRight && kept + 1 == count) return;
    wanted[kept] = oneThread;
    wanted[kept + 1] = NULL;

    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    // Without a base the dynamic linker itself was started, with the program as its argument.
    if (length > 0 && getauxval(AT_BASE) != 0) {
        path[length] = 0;
        execve(path, arguments, wanted);
    }
    // What can be taken out can be taken out here.
    if (kept < count) memcpy(variables, wanted, (kept + 2) * sizeof *variables);
}

static void prepare(int count, char **arguments, char **variables) {
    (void)count;
    openClosedDescriptors();
    // A log that nobody reads any more ends no run.
    signal(SIGPIPE, SIG_IGN);
    putEnvironmentRight(arguments, variables);
}

__attribute__((section(".preinit_array"), used)) static void (*first)(int, char **, char **) = prepare;
