// Whether convolutions are to use tiles.
#pragma once
#include "problem.h"

enum WhichTiles { no_tiles, processor_tiles, imitated_tiles };
extern WhichTiles tiles_in_use;

// Into how many bfloat16 each number is split for tiles.
int parts(Precision precision);
