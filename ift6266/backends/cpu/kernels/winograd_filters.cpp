#include "winograd_filters.h"

#include <algorithm>

#include "filtering.h"
#include "share.h"

WinogradFilters::WinogradFilters(Direction direction, const Problem &p)
    : rows(p.outputs), columns(phases * p.inputs), forward(direction != backward_data),
      turned(p.turned), inputs(p.inputs), outputs(p.outputs)
{
    if (forward)
        std::swap(rows, columns);
}

// The tap of a phase's filter, among all.
static int tap(int phase, int row, int column)
{
    return (2 * row + phase / 2) * 4 + 2 * column + phase % 2;
}

// The taps of as many columns as a vector has; past the last column there are zeros.
void WinogradFilters::take(const float *filters, long place, long first,
                           Vector (&numbers)[taps]) const
{
    const long count = std::min<long>(vector_length, width() - first);
    for (long part = 0; part < taps; part += vector_length) {
        Vector square[vector_length] = {};
        for (long index = 0; index < count; index++)
            square[index] = load(taps_of(filters, place, first + index) + part);
        transpose(square);
        for (long index = 0; index < vector_length; index++)
            numbers[turned ? taps - 1 - part - index : part + index] = square[index];
    }
}

void WinogradFilters::give(const Vector (&numbers)[taps], long place, long first,
                           float *filters) const
{
    const long count = std::min<long>(vector_length, width() - first);
    for (long part = 0; part < taps; part += vector_length) {
        Vector square[vector_length];
        for (long index = 0; index < vector_length; index++)
            square[index] = numbers[turned ? taps - 1 - part - index : part + index];
        transpose(square);
        for (long index = 0; index < count; index++)
            store(taps_of(filters, place, first + index) + part, square[index]);
    }
}

void WinogradFilters::pack(const float *filters, float *packed) const
{
    for (long position = 0; position < positions; position++)
        if (columns % block)
            std::fill_n(at(packed, position, 0, columns / block * block), rows * block, 0.f);
    const long further = step();  // to the next position
#pragma omp parallel for collapse(2) num_threads(team(2 * size()))
    for (long begin = 0; begin < width(); begin += block)
        for (long place = 0; place < depth(); place++)
            for (long first = begin; first < std::min(begin + block, width());
                 first += vector_length) {
                const long count = std::min<long>(vector_length, width() - first);
                Vector numbers[taps], square[2][2], result[3][3];
                take(filters, place, first, numbers);
                for (int phase = 0; phase < phases; phase++) {
                    for (int index = 0; index < 4; index++)
                        square[index / 2][index % 2] = numbers[tap(phase, index / 2, index % 2)];
                    spread(square, result);
                    const long its_row = row(phase, place), its_column = column(phase, first);
                    if (count == vector_length && its_column % vector_length == 0) {
                        float *target = at(packed, 0, its_row, its_column);
                        for (int position = 0; position < positions; position++)
                            store(target + position * further, result[position / 3][position % 3]);
                        continue;
                    }
                    for (int position = 0; position < positions; position++)
                        for (long index = 0; index < count; index++)  // maybe of two panels
                            *at(packed, position, its_row, its_column + index)
                                = result[position / 3][position % 3][index];
                }
            }
}

void WinogradFilters::unpack(const float *packed, float *filters) const
{
#pragma omp parallel for collapse(2) num_threads(team(2 * size()))
    for (long begin = 0; begin < width(); begin += block)
        for (long place = 0; place < depth(); place++)
            for (long first = begin; first < std::min(begin + block, width());
                 first += vector_length) {
                Vector numbers[taps], square[2][2], sums[3][3];
                for (int phase = 0; phase < phases; phase++) {
                    for (int position = 0; position < positions; position++)
                        sums[position / 3][position % 3] = load(
                            at(packed, position, row(phase, place), column(phase, first)));
                    add_neighbours(sums, square);
                    for (int index = 0; index < 4; index++)
                        numbers[tap(phase, index / 2, index % 2)] = square[index / 2][index % 2];
                }
                give(numbers, place, first, filters);
            }
}
