// Filters as Winograd's minimal filtering multiplies by them: of 4x4 taps with a stride of 2, or of
// 3x3 taps with a stride of 1.
//
// With a stride of 2 a tap sees places of one phase only: even rows or odd ones, and columns
// likewise.  So there are four filters of 2x2 taps, one for each phase, and each is spread to 3x3
// positions (filtering.h); with a stride of 1 there is one phase, and 3x3 taps are spread to 4x4
// positions.  For each position there is a matrix to multiply by: forward, where the phases are
// summed, ((phase, input), output); for the gradient of the data (output, (phase, input)).  It is
// packed in blocks of one vector of columns or two, panels: (position, panel, row, column).
#pragma once
#include "problem.h"
#include "vectors.h"

// How many taps a phase has in a row, and the stride.
template <int its_taps, int its_stride> struct Filtering {
    static constexpr int taps = its_taps, stride = its_stride, phases = stride * stride,
                         size = taps * stride,  // of the whole filter
        seen = taps + 1,                        // pixels in a row that a tile sees of a phase
        positions = seen * seen;
};

using FourByFour = Filtering<2, 2>;
using ThreeByThree = Filtering<3, 1>;

template <class F> struct WinogradFilters {
    long rows, columns, block;

    WinogradFilters(Direction direction, const Problem &problem, bool turned);

    long panels() const { return (columns + block - 1) / block; }
    long size() const { return F::positions * step(); }

    template <class Number>
    Number *at(Number *packed, long position, long row, long column) const
    {
        return packed + position * step() + (column / block * rows + row) * block + column % block;
    }

    void pack(const float *filters, float *packed) const;
    // What is packed is the gradient for spread filters, in the order of the forward direction.
    void unpack(const float *packed, float *filters) const;

private:
    static constexpr long taps = F::size * F::size,
                          room = (taps + vector_length - 1) / vector_length * vector_length;
    const bool forward, turned;
    const long inputs, outputs;

    // A line more than there is: the same places of all positions would share few lines of a cache.
    long step() const { return (panels() * rows + 1) * block; }

    // The filters are looked at as (depth, width): columns of one phase, of which some vectors at
    // one place of the depth are packed together.
    long depth() const { return forward ? inputs : outputs; }
    long width() const { return forward ? outputs : inputs; }
    long row(long phase, long place) const { return forward ? phase * inputs + place : place; }
    long column(long phase, long first) const { return forward ? first : phase * inputs + first; }
    template <class Number> Number *taps_of(Number *filters, long place, long column) const
    {
        return filters + (forward ? column * inputs + place : place * inputs + column) * taps;
    }

    void take(const float *filters, long place, long first, Vector (&numbers)[room]) const;
    void give(const Vector (&numbers)[room], long place, long first, float *filters) const;
};
