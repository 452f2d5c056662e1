// Winograd's minimal filtering F(2x2, 2x2): four sums of four products by nine multiplications.
//
// In one dimension a filter (g0, g1) makes of the numbers (d0, d1, d2)
//     d0 g0 + d1 g1 = (d0 - d1) g0 + d1 (g0 + g1)
//     d1 g0 + d2 g1 =                d1 (g0 + g1) + (d2 - d1) g1,
// three products of differences (d0 - d1, d1, d2 - d1) with the filter spread to (g0, g0 + g1, g1);
// neighbours among them are added.  In two dimensions this is done to the rows, then the columns
// (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016).  As all this is linear in numbers and filter, the gradient
// for either is made of the same products with the transposed maps: spreading and adding neighbours
// are the transposes of each other.
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
