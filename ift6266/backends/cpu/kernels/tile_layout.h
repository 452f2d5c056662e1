// Feature maps and filters as bfloat16, in the order in which tiles are loaded: each is 1 KiB.
//
// Every number is so many parts, see bfloat16.h; the tiles of its parts follow each other.
#pragma once
#include "bfloat16.h"
#include "problem.h"
#include "filters.h"
#include "tiles.h"

// Feature maps of which tiles are made.  Where the taps are gathered, they are maps of as many
// pixels as y has, whose channels are all that the filters see from there: (tap, input).
struct Maps {
    const float *numbers;
    long batch, height, width, channels;
    const Problem *gathered;  // null where they are what they are

    // A row of pixels that have room for so many channels, the others being zero.  It is copied
    // where it is not in memory like that; the copy's other channels are zero already.
    const float *row(long picture, long row, long room, float *copy) const;

private:
    void gather(long picture, long row, long room, float *copy) const;
};

// In either order the numbers of a pixel are together, for groups of so many pictures:
// (group, row, column, tile, part).
struct TileOrder {
    long pictures, groups, height, width, tiles, parts;

    long pixel() const { return tiles * parts * tile_numbers; }
    long size() const { return groups * height * width * pixel(); }
};

// A tile is (16 pictures, 32 channels).
TileOrder pictures_order(const Maps &maps, long parts);
void lay_pictures(const Maps &maps, const TileOrder &order, Bfloat16 *tiles);

// A tile is (16 pairs of pictures, 16 channels, 2), or with the channels first (16 channels, 32
// pictures).  There are as many tiles as make a multiple.
TileOrder pairs_order(const Maps &maps, long parts, long multiple);
void lay_pairs(const Maps &maps, const TileOrder &order, bool channels_first, Bfloat16 *tiles);

// Packed filters, in blocks of 16 with room for a multiple of 32, to (block, tap, 32 of the depth,
// part, 16 pairs of these, column, 2).
inline long filter_tiles_size(const Filters &order, long parts) { return order.size() * parts; }
void lay_filters(const Filters &order, const float *packed, long parts, Bfloat16 *tiles);
