// CKernels: the few loops that want an instruction set chosen at run time, and nothing that needs to know
// what they are part of. Every function is pure: it reads and writes what it is given, on one thread.
#pragma once
#include "ContentHash.h"
#include "Cores.h"
#include "HalfConversion.h"
#include "Loops.h"
