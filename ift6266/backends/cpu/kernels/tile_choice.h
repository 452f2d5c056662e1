// Which tiles convolutions use, if any.
#pragma once
#include "problem.h"

enum WhichTiles { no_tiles, processor_tiles, emulated_tiles };
extern WhichTiles tiles_in_use;

// Into how many bfloat16 each number is split for tiles.
int parts(Precision precision);
