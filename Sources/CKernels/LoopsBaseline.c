#include "Levels.h"
#define LEVEL_TABLE ckernels_baseline
#include "Loops.inc"
