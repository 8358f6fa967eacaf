// Counts folders that are put on the disk, for tests of what outlasts a power cut.
//
// `fsync` of the C library is replaced for the whole process by one that counts and passes on.
#pragma once
#include <stdbool.h>

/// Whether this build counts; one with a sanitizer does not.
bool syncs_are_counted(void);

/// How often the calling thread has put a folder on the disk.
long folders_synced(void);
