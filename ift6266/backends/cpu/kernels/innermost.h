// The innermost loops of all products: tiles of sums that stay in registers.
#pragma once
#include <cstring>
#include <utility>

#include "vectors.h"

// result[row] = sum over the taps of source[row] (1, depth) times its panel (depth, columns).
template <int rows, int vectors>
__attribute__((noinline))  // for itself it has registers enough
void sum_of_products(const float *const *source, const long *taps, long count, long depth,
                     const float *panels, float *const *result, long columns)
{
    constexpr long block = vectors * vector_length;
    Vector sums[rows][vectors] = {};
    for (long tap = 0; tap < count; tap++) {
        const float *panel = panels + taps[tap] * depth * block, *numbers[rows];
        for (int row = 0; row < rows; row++)
            numbers[row] = source[tap * rows + row];
        for (long index = 0; index < depth; index++, panel += block) {
            Vector factors[vectors];
            for (int vector = 0; vector < vectors; vector++)
                factors[vector] = load(panel + vector * vector_length);
#pragma GCC unroll 24
            for (int row = 0; row < rows; row++)
#pragma GCC unroll 2
                for (int vector = 0; vector < vectors; vector++)
                    sums[row][vector] += numbers[row][index] * factors[vector];
        }
    }
    if (columns < block) {
        for (int row = 0; row < rows; row++)
            std::memcpy(result[row], sums[row], columns * sizeof(float));
        return;
    }
#pragma GCC unroll 24
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 2
        for (int vector = 0; vector < vectors; vector++)
            store(result[row] + vector * vector_length, sums[row][vector]);
}

// sums (rows, block) += sum over pixels of x[pixel] (rows, 1), its numbers from the first one on,
// times dy[places[pixel]] (1, block), of one vector or two.  That some pixels are summed first
// keeps the rounding errors small.
template <int rows, int vectors>
__attribute__((noinline))
void add_outer_products(const float *const *x, long first, const float *dy, const long *places,
                        long pixels, float *sums)
{
    Vector sum[rows][vectors] = {};
    for (long pixel = 0; pixel < pixels; pixel++) {
        const float *numbers = x[pixel] + first;
        Vector factors[vectors];
        for (int vector = 0; vector < vectors; vector++)
            factors[vector] = load(dy + places[pixel] + vector * vector_length);
#pragma GCC unroll 24
        for (int row = 0; row < rows; row++)
#pragma GCC unroll 2
            for (int vector = 0; vector < vectors; vector++)
                sum[row][vector] += numbers[row] * factors[vector];
    }
#pragma GCC unroll 24
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 2
        for (int vector = 0; vector < vectors; vector++, sums += vector_length)
            store(sums, load(sums) + sum[row][vector]);
}

using OuterProducts = void (*)(const float *const *, long, const float *, const long *, long,
                               float *);

template <int vectors, int... rows>
OuterProducts outer_products(long count, std::integer_sequence<int, rows...>)
{
    static const OuterProducts functions[] = {add_outer_products<rows + 1, vectors>...};
    return functions[count - 1];
}

// How many rows of a block of so many columns stay in registers.
inline long rows_of_tile(long block) { return block == vector_length ? 2 * tile_rows : tile_rows; }

// The function for a block of so many columns and a number of rows, one to those of a tile.
inline OuterProducts outer_products(long block, long rows)
{
    return block == vector_length
               ? outer_products<1>(rows, std::make_integer_sequence<int, 2 * tile_rows>())
               : outer_products<2>(rows, std::make_integer_sequence<int, tile_rows>());
}
