// Convolutions with many weights that see few pixels: a layer whose result is 1x1, or one picture.
// Other kernels would take longer to pack the filters than to multiply by them.
#pragma once
#include "problem.h"

bool has_few_pixels(const Problem &problem);

void convolve_few_pixels(Direction direction, const Problem &problem, float *x, float *filters,
                         float *y);
