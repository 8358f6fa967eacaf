#pragma once
#include "ContentHash.h"
#include "HalfConversion.h"
