// Convolutions with filters of 4x4 taps and a stride of 2, or of 3x3 or 5x5 taps and a stride of 1,
// and their gradients, by Winograd's minimal filtering: it needs 9 multiplications where the
// definition has 16, 16 where it has 36, and 64 where it has 100.
#pragma once
#include "problem.h"

// Whether that can be done, and is faster than convolving directly.
bool winograd_pays(Direction direction, const Problem &problem);

void convolve_by_winograd(Direction direction, const Problem &problem, float *x, float *filters,
                          float *y);
