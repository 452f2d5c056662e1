// Filters in the order in which the kernels read them.
//
// Python has them as (output, input, height, width).  For a product of matrices they become blocks
// of so many columns, the last one filled up with zeros: (block, tap, depth, column).  A column is
// what is computed and a tap is a place in the filter; depth is what is summed for a tap.  Forward,
// columns are outputs and depth is inputs; for the gradient of the data it is the other way round.
// The place of a number in Python's order is a sum of three terms, for its column, tap and depth,
// which are tabulated; turning the filters by 180 degrees is turning these tables.
#pragma once
#include <vector>

#include "convolution.h"

struct Filters {
    long taps, depth, columns, block;  // a block is so many columns wide
    std::vector<long> of_column, of_tap, of_depth;

    // In rows of the filter the taps of a row count as depth.
    Filters(Direction direction, const Problem &problem, bool by_rows, long block);

    long blocks() const { return (columns + block - 1) / block; }
    long size() const { return blocks() * taps * depth * block; }

    // The row of a block that begins with this column.
    template <class Number> Number *row(Number *packed, long column, long tap, long index) const
    {
        return packed + (column * taps + tap * block) * depth + index * block;
    }

    void pack(const float *filters, float *packed) const;
    void unpack(const float *packed, float *filters) const;
};
