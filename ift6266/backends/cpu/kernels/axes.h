// What the taps of filters see of feature maps.
#pragma once
#include <vector>

// One axis of what is computed: for each place and tap the place that is seen, or -1.
struct Axis {
    long size, taps, phases, padding;
    std::vector<long> seen;

    long at(long place, long tap) const { return seen[place * taps + tap]; }
    long in_phase(long phase) const { return (size - phase + phases - 1) / phases; }
    // Only every so many taps, from this one on, see anything from places in a phase.
    long first_tap(long phase) const { return (phase + padding) % phases; }
};

inline Axis forward_axis(long x_size, long y_size, long taps, long stride, long padding)
{
    Axis axis{y_size, taps, 1, padding, {}};
    for (long place = 0; place < y_size; place++)
        for (long tap = 0; tap < taps; tap++) {
            long seen = place * stride - padding + tap;
            axis.seen.push_back(seen >= 0 && seen < x_size ? seen : -1);
        }
    return axis;
}

inline Axis backward_axis(long x_size, long y_size, long taps, long stride, long padding)
{
    Axis axis{x_size, taps, stride, padding, {}};
    for (long place = 0; place < x_size; place++)
        for (long tap = 0; tap < taps; tap++) {
            long seen = place + padding - tap;
            bool exists = seen >= 0 && seen % stride == 0 && seen / stride < y_size;
            axis.seen.push_back(exists ? seen / stride : -1);
        }
    return axis;
}

// Feature maps that are seen: a tap reads `depth` numbers from where a pixel begins.
template <class Number> struct SeenNumbers {
    const Number *numbers;
    long height, width, pixel, depth;  // the pixel in numbers

    const Number *at(long picture, long row, long column) const
    {
        return numbers + ((picture * height + row) * width + column) * pixel;
    }
};

using Seen = SeenNumbers<float>;

// A place in feature maps.
struct Pixel {
    long picture, row, column;
};
