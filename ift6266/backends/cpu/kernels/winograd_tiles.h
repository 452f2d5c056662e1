// Feature maps cut into tiles for Winograd's minimal filtering, and between them and matrices the
// maps of filtering.h.
//
// A tile is 2x2 pixels of y.  Of each phase it sees 3x3 or 4x4 pixels of x.
#pragma once
#include <algorithm>

#include "filtering.h"
#include "scratch.h"
#include "winograd_filters.h"

struct WinogradTile {
    long picture, row, column;
};

template <class F> struct WinogradTiles {
    const Problem &p;
    long rows, columns;  // in a picture

    explicit WinogradTiles(const Problem &p)
        : p(p), rows((p.y_height + 1) / 2), columns((p.y_width + 1) / 2) {}

    long each() const { return rows * columns; }
    long count() const { return p.batch * each(); }

    // So much of x the tiles reach together.
    long height() const { return std::min<long>(p.height, reach(rows) - p.top); }
    long width() const { return std::min<long>(p.width, reach(columns) - p.left); }

    WinogradTile at(long index) const
    {
        const long place = index % each();
        return {index / each(), place / columns, place % columns};
    }

    // The pixels of x that a tile sees of one phase; `outside` for those that there are not.
    template <class Number>
    void see(Number *x, const WinogradTile &tile, long phase, Number *outside,
             Number *(&pixels)[F::positions]) const
    {
        const long top = step * tile.row - p.top + F::apart * (phase / F::across),
                   left = step * tile.column - p.left + F::apart * (phase % F::across);
        for (long row = 0; row < F::seen; row++) {
            const long down = top + F::stride * row;
            const bool exists = down >= 0 && down < p.height;
            Number *its = x + (tile.picture * p.height + down) * p.width * p.inputs;
            for (long column = 0; column < F::seen; column++) {
                const long right = left + F::stride * column;
                pixels[F::seen * row + column] = exists && right >= 0 && right < p.width
                                                     ? its + right * p.inputs : outside;
            }
        }
    }

    // Its own pixels, of y.
    template <class Number>
    void own(Number *y, const WinogradTile &tile, Number *outside, Number *(&pixels)[4]) const
    {
        for (long index = 0; index < 4; index++) {
            const long row = 2 * tile.row + index / 2, column = 2 * tile.column + index % 2;
            pixels[index] = row < p.y_height && column < p.y_width
                                ? y + ((tile.picture * p.y_height + row) * p.y_width + column)
                                          * p.outputs
                                : outside;
        }
    }

private:
    static constexpr long step = 2 * F::stride;  // pixels of x from a tile to the next
    static long reach(long tiles) { return step * tiles + F::stride * (F::taps - 1); }
};

// A matrix (tile, channel) for each position.  Powers of two as steps would make numbers push each
// other out of the cache.
struct Matrices {
    const long step, position_step;
    float *const numbers;

    Matrices(Scratch &scratch, long positions, long tiles, long channels)
        : step((channels + 15) / 16 * 16 + 16), position_step(tiles * step + 16),
          numbers(scratch.floats(positions * position_step)) {}

    float *at(long position, long tile, long channel = 0) const
    {
        return numbers + position * position_step + tile * step + channel;
    }
};

// Some channels of the pixels of x that a tile sees -> their differences.  The pixel to be seen in
// the place of each by the next tile lies so much further; it may be far away in memory.
template <class F>
void write_differences(const float *const (&pixels)[F::positions], long channels, float *matrices,
                       long position_step, long further)
{
    for_vectors(channels, [&](long channel, auto count) {
        Vector square[F::seen][F::seen];
#pragma GCC unroll 16
        for (int index = 0; index < F::positions; index++) {
            square[index / F::seen][index % F::seen] = load(pixels[index] + channel, count);
            if (index % F::seen >= F::seen - 2)
                __builtin_prefetch(pixels[index] + channel + further);
        }
        take_differences(square);
#pragma GCC unroll 16
        for (int index = 0; index < F::positions; index++)
            store(matrices + index * position_step + channel,
                  square[index / F::seen][index % F::seen], count);
    });
}

// The transpose, for 3x3 pixels of x: those before + what the differences give to them.
inline void add_differences(const float *matrices, long position_step, long channels,
                            const float *const (&before)[9], float *const (&pixels)[9])
{
    for_vectors(channels, [&](long channel, auto count) {
        Vector square[3][3];
        for (int index = 0; index < 9; index++)
            square[index / 3][index % 3] = load(matrices + index * position_step + channel, count);
        transposed_differences(square);
        for (int index = 0; index < 9; index++)
            store(pixels[index] + channel,
                  load(before[index] + channel, count) + square[index / 3][index % 3], count);
    });
}

// Sums of products -> four pixels of y.
template <class F>
void write_pixels(const float *matrices, long position_step, long channels,
                  float *const (&pixels)[4])
{
    for_vectors(channels, [&](long channel, auto count) {
        Vector square[F::seen][F::seen], own[2][2];
#pragma GCC unroll 16
        for (int index = 0; index < F::positions; index++)
            square[index / F::seen][index % F::seen]
                = load(matrices + index * position_step + channel, count);
        add_neighbours(square, own);
        for (int index = 0; index < 4; index++)
            store(pixels[index] + channel, own[index / 2][index % 2], count);
    });
}

// The transpose: four pixels of dy -> for each product its factor.
template <class F>
void write_spread(const float *const (&pixels)[4], long channels, float *matrices,
                  long position_step)
{
    for_vectors(channels, [&](long channel, auto count) {
        Vector own[2][2], square[F::seen][F::seen];
        for (int index = 0; index < 4; index++)
            own[index / 2][index % 2] = load(pixels[index] + channel, count);
        spread(own, square);
#pragma GCC unroll 16
        for (int index = 0; index < F::positions; index++)
            store(matrices + index * position_step + channel,
                  square[index / F::seen][index % F::seen], count);
    });
}
