// Convolutions with so few outputs that they fill no vector, as a picture's last one has, and the
// gradient of their filters.
#pragma once
#include "problem.h"

bool has_few_outputs(Direction direction, const Problem &problem);

void convolve_few_outputs(Direction direction, const Problem &problem, float *x, float *filters,
                          float *y);
