// Filters in the order in which the kernels read them.
//
// Python has them as (output, input, height, width).  For a product of matrices they become blocks
// of so many columns, the last one filled up with zeros: (block, tap, depth, column).  A column is
// what is computed and a tap is a place in the filter; depth is what is summed for a tap.  Forward,
// columns are outputs and depth is inputs; for the gradient of the data it is the other way round.
// The place of a number in Python's order is a sum of three terms, for its column, tap and depth,
// which are tabulated; turning the filters by 180 degrees is turning these tables.  Where there are
// few inputs, several taps count as one, whose depth they share.
#pragma once
#include <vector>

#include "problem.h"

enum Tap { each_place, each_row, whole_filter };

struct Filters {
    // A block is so many columns wide; a tap has room for so many rows in it.
    long taps, depth, room, columns, block;
    std::vector<long> of_column, of_tap, of_depth;

    // The room is the depth, rounded up to a multiple of so many.
    Filters(Direction direction, const Problem &problem, Tap tap, long block, long multiple = 1);

    long blocks() const { return (columns + block - 1) / block; }
    long size() const { return blocks() * taps * room * block; }

    // The row of a block that begins with this column.
    template <class Number> Number *row(Number *packed, long column, long tap, long index) const
    {
        return packed + (column * taps + tap * block) * room + index * block;
    }

    void pack(const float *filters, float *packed) const;
    void unpack(const float *packed, float *filters) const;
};
