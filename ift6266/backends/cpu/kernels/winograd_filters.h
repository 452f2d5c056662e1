// Filters as Winograd's minimal filtering multiplies by them: of 4x4 taps with a stride of 2, or of
// 3x3 or 5x5 taps with a stride of 1.
//
// With a stride of 2 a tap sees places of one phase only: even rows or odd ones, and columns
// likewise.  So there are four filters of 2x2 taps, one for each phase, and each is spread to 3x3
// positions (filtering.h).  With a stride of 1, 3x3 taps are spread to 4x4 positions, and 5x5 taps
// are four such filters side by side, the last ones with zeros: phases as well.  For each position
// there is a matrix to multiply by: forward, where the phases are summed, ((phase, input), output);
// for the gradient of the data, with a stride of 2, (output, (phase, input)), and with a stride of
// 1, where it is a convolution, ((phase, output), input).  It is packed in blocks of one vector of
// columns or two, panels: (position, panel, row, column).
#pragma once
#include "problem.h"
#include "vectors.h"

// Rows of the whole filter, rows of a phase's, the stride, how many phases there are in a row, and
// how many pixels the first tap of one lies from that of the next.
template <int its_size, int its_taps, int its_stride, int its_across, int its_apart>
struct Filtering {
    static constexpr int size = its_size, taps = its_taps, stride = its_stride,
                         across = its_across, apart = its_apart, phases = across * across,
                         seen = taps + 1,  // pixels in a row that a tile sees of a phase
        positions = seen * seen;
};

using FourByFour = Filtering<4, 2, 2, 2, 1>;
using ThreeByThree = Filtering<3, 3, 1, 1, 0>;
using FiveByFive = Filtering<5, 3, 1, 2, 3>;

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
    const bool forward, turned, phases_are_summed;
    const long inputs, outputs;

    // A line more than there is: the same places of all positions would share few lines of a cache.
    long step() const { return (panels() * rows + 1) * block; }

    // The filters are looked at as (depth, width): columns of one phase, of which some vectors at
    // one place of the depth are packed together.
    long depth() const { return forward ? inputs : outputs; }
    long width() const { return forward ? outputs : inputs; }
    long row(long phase, long place) const
    {
        return phases_are_summed ? phase * depth() + place : place;
    }
    long column(long phase, long first) const
    {
        return phases_are_summed ? first : phase * width() + first;
    }
    template <class Number> Number *taps_of(Number *filters, long place, long column) const
    {
        return filters + (forward ? column * inputs + place : place * inputs + column) * taps;
    }

    void take(const float *filters, long place, long first, Vector (&numbers)[room]) const;
    void give(const Vector (&numbers)[room], long place, long first, float *filters) const;
};
