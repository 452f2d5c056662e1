// Winograd's minimal filtering: sums of products by fewer multiplications.
//
// In one dimension, F(2, 2), a filter (g0, g1) makes of the numbers (d0, d1, d2)
//     d0 g0 + d1 g1 = (d0 - d1) g0 + d1 (g0 + g1)
//     d1 g0 + d2 g1 =                d1 (g0 + g1) + (d2 - d1) g1,
// three products of differences (d0 - d1, d1, d2 - d1) with the filter spread to (g0, g0 + g1, g1);
// neighbours among them are added.  In F(2, 3) a filter (g0, g1, g2) makes of (d0, d1, d2, d3)
//     d0 g0 + d1 g1 + d2 g2 = m0 + m1 + m2        m0 = (d0 - d2) g0
//     d1 g0 + d2 g1 + d3 g2 =      m1 - m2 + m3,  m1 = (d1 + d2) (g0 + g1 + g2) / 2
//                                                 m2 = (d2 - d1) (g0 - g1 + g2) / 2
//                                                 m3 = (d3 - d1) g2.
// In two dimensions this is done to the rows, then the columns: four sums take 9 multiplications
// instead of 16, or 16 instead of 36 (Winograd, "Arithmetic complexity of computations", 1980;
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016).  As all this is
// linear in numbers and filter, the gradient for either is made of the same products with the
// transposed maps: spreading and adding neighbours are the transposes of each other.
//
// A number here is a vector of them, for so many channels.
#pragma once
#include "vectors.h"

// (d0, d1, d2) -> (d0 - d1, d1, d2 - d1)
inline void take_differences(Vector (&square)[3][3])
{
    for (auto &row : square) {
        row[0] -= row[1];
        row[2] -= row[1];
    }
    for (int column = 0; column < 3; column++) {
        square[0][column] -= square[1][column];
        square[2][column] -= square[1][column];
    }
}

// (v0, v1, v2) -> (v0, v1 - v0 - v2, v2)
inline void transposed_differences(Vector (&square)[3][3])
{
    for (auto &row : square)
        row[1] -= row[0] + row[2];
    for (int column = 0; column < 3; column++)
        square[1][column] -= square[0][column] + square[2][column];
}

// (g0, g1) -> (g0, g0 + g1, g1)
inline void spread(const Vector (&square)[2][2], Vector (&result)[3][3])
{
    for (int row = 0; row < 2; row++) {
        result[2 * row][0] = square[row][0];
        result[2 * row][1] = square[row][0] + square[row][1];
        result[2 * row][2] = square[row][1];
    }
    for (int column = 0; column < 3; column++)
        result[1][column] = result[0][column] + result[2][column];
}

// (m0, m1, m2) -> (m0 + m1, m1 + m2)
inline void add_neighbours(const Vector (&square)[3][3], Vector (&result)[2][2])
{
    Vector rows[2][3];
    for (int row = 0; row < 2; row++)
        for (int column = 0; column < 3; column++)
            rows[row][column] = square[row][column] + square[row + 1][column];
    for (int row = 0; row < 2; row++)
        for (int column = 0; column < 2; column++)
            result[row][column] = rows[row][column] + rows[row][column + 1];
}

// The same of F(2, 3).  A map is written in one dimension and done to the columns, then the rows.
template <int from, int to, class Map>
inline void in_two_dimensions(const Vector (&square)[from][from], Vector (&result)[to][to], Map map)
{
    Vector rows[to][from];
#pragma GCC unroll 4
    for (int column = 0; column < from; column++) {
        Vector before[from], after[to];
#pragma GCC unroll 4
        for (int row = 0; row < from; row++)
            before[row] = square[row][column];
        map(before, after);
#pragma GCC unroll 4
        for (int row = 0; row < to; row++)
            rows[row][column] = after[row];
    }
#pragma GCC unroll 4
    for (int row = 0; row < to; row++)
        map(rows[row], result[row]);
}

// (d0, d1, d2, d3) -> (d0 - d2, d1 + d2, d2 - d1, d3 - d1)
inline void take_differences(Vector (&square)[4][4])
{
    in_two_dimensions(square, square, [](const Vector (&d)[4], Vector (&result)[4]) {
        const Vector first = d[0] - d[2], sum = d[1] + d[2], difference = d[2] - d[1],
                     last = d[3] - d[1];
        result[0] = first;
        result[1] = sum;
        result[2] = difference;
        result[3] = last;
    });
}

// Of a filter: (g0, g1, g2) -> (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)
inline void spread(const Vector (&square)[3][3], Vector (&result)[4][4])
{
    in_two_dimensions(square, result, [](const Vector (&g)[3], Vector (&result)[4]) {
        result[0] = g[0];
        result[1] = (g[0] + g[2] + g[1]) / 2;
        result[2] = (g[0] + g[2] - g[1]) / 2;
        result[3] = g[2];
    });
}

// Its transpose: (m0, m1, m2, m3) -> (m0 + (m1 + m2) / 2, (m1 - m2) / 2, (m1 + m2) / 2 + m3)
inline void add_neighbours(const Vector (&square)[4][4], Vector (&result)[3][3])
{
    in_two_dimensions(square, result, [](const Vector (&m)[4], Vector (&result)[3]) {
        const Vector half = (m[1] + m[2]) / 2;
        result[0] = m[0] + half;
        result[1] = (m[1] - m[2]) / 2;
        result[2] = half + m[3];
    });
}

// (m0, m1, m2, m3) -> (m0 + m1 + m2, m1 - m2 + m3)
inline void add_neighbours(const Vector (&square)[4][4], Vector (&result)[2][2])
{
    in_two_dimensions(square, result, [](const Vector (&m)[4], Vector (&result)[2]) {
        result[0] = m[0] + m[1] + m[2];
        result[1] = m[1] - m[2] + m[3];
    });
}

// Its transpose: (y0, y1) -> (y0, y0 + y1, y0 - y1, y1)
inline void spread(const Vector (&square)[2][2], Vector (&result)[4][4])
{
    in_two_dimensions(square, result, [](const Vector (&y)[2], Vector (&result)[4]) {
        result[0] = y[0];
        result[1] = y[0] + y[1];
        result[2] = y[0] - y[1];
        result[3] = y[1];
    });
}
