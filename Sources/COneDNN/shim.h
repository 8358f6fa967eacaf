// COneDNN: oneDNN's C interface for Swift, nothing else.
#pragma once
#include <oneapi/dnnl/dnnl.h>
