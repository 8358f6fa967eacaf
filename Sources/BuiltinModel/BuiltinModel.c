#include "BuiltinModel.h"
