// CPNG: libpng for Swift, nothing else.
#pragma once
#include <png.h>
