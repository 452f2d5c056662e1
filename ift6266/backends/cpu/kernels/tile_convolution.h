// Convolutions and their gradients by tiles of bfloat16; see tiles.h.
#pragma once
#include "problem.h"

// Whether tiles are faster than vectors: there is enough to multiply.
bool tiles_suit(Direction direction, const Problem &problem);

// With so many parts of each number: of two parts each, three products are added up, and of three
// parts six, which leave out nothing that a float32 would show.  An infinite number may make NaN
// where float32 has infinities, as it is multiplied with parts that are zero.  Where the tiles are
// emulated, the processor needs none; that is for tests.
void convolve_by_tiles(Direction direction, const Problem &problem, int parts, float *x,
                       float *filters, float *y, bool emulated);
