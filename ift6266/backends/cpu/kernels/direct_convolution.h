// Convolutions and their gradients as they are defined, by the vectors of the processor.
//
// A pixel of a feature map is a row of numbers, one for each channel.  Forward, a pixel of y is
// the sum, over the taps of the filters, of the row of x that the tap sees times the tap's filters,
// a matrix (inputs, outputs).  The gradient of the data is such sums too, of rows of dy.  The
// gradient of a tap's filters is the sum, over all pixels of y, of the outer product of the row of
// x that the tap sees and the row of dy.
#pragma once
#include "problem.h"

void convolve_directly(Direction direction, const Problem &problem, float *x, float *filters,
                       float *y);
