// Convolutions with filters of 4x4 taps and a stride of 2 by Winograd's minimal filtering, which
// multiplies 9 times where the definition does so 16 times, and their gradients.
#pragma once
#include "problem.h"

// Whether it can be done so, and is faster than directly.
bool winograd_pays(Direction direction, const Problem &problem);

void convolve_minimally(Direction direction, const Problem &problem, float *x, float *filters,
                        float *y);
