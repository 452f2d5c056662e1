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
// times dy[places[pixel]] (1, block).  That some pixels are summed first keeps the rounding errors
// small.
template <int rows>
__attribute__((noinline))
void add_outer_products(const float *const *x, long first, const float *dy, const long *places,
                        long pixels, float *sums)
{
    constexpr long block = 2 * vector_length;
    Vector sum[rows][2] = {};
    for (long pixel = 0; pixel < pixels; pixel++) {
        const float *numbers = x[pixel] + first, *factors = dy + places[pixel];
        const Vector left = load(factors), right = load(factors + vector_length);
#pragma GCC unroll 12
        for (int row = 0; row < rows; row++) {
            sum[row][0] += numbers[row] * left;
            sum[row][1] += numbers[row] * right;
        }
    }
#pragma GCC unroll 12
    for (int row = 0; row < rows; row++, sums += block) {
        store(sums, load(sums) + sum[row][0]);
        store(sums + vector_length, load(sums + vector_length) + sum[row][1]);
    }
}

using OuterProducts = void (*)(const float *const *, long, const float *, const long *, long,
                               float *);

template <int... rows> OuterProducts outer_products(long count, std::integer_sequence<int, rows...>)
{
    static const OuterProducts functions[] = {add_outer_products<rows + 1>...};
    return functions[count - 1];
}

// The function for a number of rows from 1 to `tile_rows`.
inline OuterProducts outer_products(long rows)
{
    return outer_products(rows, std::make_integer_sequence<int, tile_rows>());
}
