#include "winograd_filters.h"

#include <algorithm>

#include "filtering.h"
#include "share.h"

template <class F>
WinogradFilters<F>::WinogradFilters(Direction direction, const Problem &p, bool turned)
    : forward(direction != backward_data), turned(turned),
      phases_are_summed(forward || F::stride == 1), inputs(p.inputs), outputs(p.outputs)
{
    rows = depth() * (phases_are_summed ? F::phases : 1);
    columns = width() * (phases_are_summed ? 1 : F::phases);
    block = columns <= vector_length ? vector_length : 2 * vector_length;
}

// The tap of a phase's filter, among all; -1 where the whole filter has none.
template <class F> static int tap(int phase, int row, int column)
{
    const int down = F::stride * row + F::apart * (phase / F::across),
              right = F::stride * column + F::apart * (phase % F::across);
    return down < F::size && right < F::size ? down * F::size + right : -1;
}

// The taps of as many columns as a vector has; past the last column there are zeros.
template <class F>
void WinogradFilters<F>::take(const float *filters, long place, long first,
                           Vector (&numbers)[room]) const
{
    const long count = std::min<long>(vector_length, width() - first);
    for (long part = 0; part < taps; part += vector_length) {
        const long its_taps = std::min<long>(vector_length, taps - part);
        Vector square[vector_length] = {};
        for (long index = 0; index < count; index++)
            square[index] = load(taps_of(filters, place, first + index) + part, its_taps);
        transpose(square);
        for (long index = 0; index < its_taps; index++)
            numbers[turned ? taps - 1 - part - index : part + index] = square[index];
    }
}

template <class F>
void WinogradFilters<F>::give(const Vector (&numbers)[room], long place, long first,
                           float *filters) const
{
    const long count = std::min<long>(vector_length, width() - first);
    for (long part = 0; part < taps; part += vector_length) {
        const long its_taps = std::min<long>(vector_length, taps - part);
        Vector square[vector_length] = {};
        for (long index = 0; index < its_taps; index++)
            square[index] = numbers[turned ? taps - 1 - part - index : part + index];
        transpose(square);
        for (long index = 0; index < count; index++)
            store(taps_of(filters, place, first + index) + part, square[index], its_taps);
    }
}

template <class F>
void WinogradFilters<F>::pack(const float *filters, float *packed) const
{
    for (long position = 0; position < F::positions; position++)
        if (columns % block)
            std::fill_n(at(packed, position, 0, columns / block * block), rows * block, 0.f);
    const long further = step();  // to the next position
#pragma omp parallel for collapse(2) num_threads(team(2 * size()))
    for (long begin = 0; begin < width(); begin += block)
        for (long place = 0; place < depth(); place++)
            for (long first = begin; first < std::min(begin + block, width());
                 first += vector_length) {
                const long count = std::min<long>(vector_length, width() - first);
                Vector numbers[room], square[F::taps][F::taps], result[F::seen][F::seen];
                take(filters, place, first, numbers);
                for (int phase = 0; phase < F::phases; phase++) {
                    for (int row = 0; row < F::taps; row++)
                        for (int column = 0; column < F::taps; column++) {
                            const int its_tap = tap<F>(phase, row, column);
                            square[row][column] = its_tap < 0 ? Vector{} : numbers[its_tap];
                        }
                    spread(square, result);
                    const long its_row = row(phase, place), its_column = column(phase, first);
                    if (count == vector_length && its_column % vector_length == 0) {
                        float *target = at(packed, 0, its_row, its_column);
                        for (int position = 0; position < F::positions; position++)
                            store(target + position * further,
                                  result[position / F::seen][position % F::seen]);
                        continue;
                    }
                    for (int position = 0; position < F::positions; position++)
                        for (long index = 0; index < count; index++)  // maybe of two panels
                            *at(packed, position, its_row, its_column + index)
                                = result[position / F::seen][position % F::seen][index];
                }
            }
}

template <class F>
void WinogradFilters<F>::unpack(const float *packed, float *filters) const
{
#pragma omp parallel for collapse(2) num_threads(team(2 * size()))
    for (long begin = 0; begin < width(); begin += block)
        for (long place = 0; place < depth(); place++)
            for (long first = begin; first < std::min(begin + block, width());
                 first += vector_length) {
                Vector numbers[room], square[F::taps][F::taps], sums[F::seen][F::seen];
                for (int phase = 0; phase < F::phases; phase++) {
                    for (int position = 0; position < F::positions; position++)
                        sums[position / F::seen][position % F::seen] = load(
                            at(packed, position, row(phase, place), column(phase, first)));
                    add_neighbours(sums, square);
                    for (int row = 0; row < F::taps; row++)
                        for (int column = 0; column < F::taps; column++) {
                            const int its_tap = tap<F>(phase, row, column);
                            if (its_tap >= 0)
                                numbers[its_tap] = square[row][column];
                        }
                }
                give(numbers, place, first, filters);
            }
}

template struct WinogradFilters<FourByFour>;
template struct WinogradFilters<ThreeByThree>;
template struct WinogradFilters<FiveByFive>;
