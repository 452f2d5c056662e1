// Pixels that are computed together, and where the numbers begin that taps see for them.
#pragma once
#include <algorithm>
#include <vector>

#include "axes.h"

// The pixels of one phase in some pictures, in the order in which they are computed: pictures run
// fastest.
struct Phase {
    long picture, pictures, row, column, rows, columns, row_step, column_step;

    Phase(long picture, long pictures, const Axis &vertical, const Axis &horizontal, long row,
          long column)
        : picture(picture), pictures(pictures), row(row), column(column),
          rows(vertical.in_phase(row)), columns(horizontal.in_phase(column)),
          row_step(vertical.phases), column_step(horizontal.phases) {}

    long count() const { return pictures * rows * columns; }
    Pixel at(long index) const
    {
        long place = index / pictures;
        return {picture + index % pictures, row + place / columns * row_step,
                column + place % columns * column_step};
    }
};

// Where the numbers begin that each tap sees for some pixels of a phase.
template <class Number, int pixels> struct Sources {
    std::vector<const Number *> source;  // (tap, pixel)
    std::vector<long> taps;              // those that see any numbers
    long count = 0;

    explicit Sources(long most) : source(most * pixels), taps(most) {}

    void see(const SeenNumbers<Number> &x, const Axis &vertical, const Axis &horizontal,
             const Pixel *pixel, const Number *zeros)
    {
        count = 0;
        for (long down = vertical.first_tap(pixel[0].row); down < vertical.taps;
             down += vertical.phases) {
            long rows[pixels], highest = -1;
            for (int index = 0; index < pixels; index++) {
                rows[index] = vertical.at(pixel[index].row, down);
                highest = std::max(highest, rows[index]);
            }
            if (highest < 0)
                continue;
            for (long right = horizontal.first_tap(pixel[0].column); right < horizontal.taps;
                 right += horizontal.phases) {
                const Number **its_source = &source[count * pixels];
                bool sees = false;
                for (int index = 0; index < pixels; index++) {
                    long column = horizontal.at(pixel[index].column, right);
                    bool inside = column >= 0 && rows[index] >= 0;
                    its_source[index] =
                        inside ? x.at(pixel[index].picture, rows[index], column) : zeros;
                    sees |= inside;
                }
                if (sees)
                    taps[count++] = down * horizontal.taps + right;
            }
        }
    }
};
