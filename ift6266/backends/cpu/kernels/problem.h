// What a convolution is.
#pragma once
#include <cstdint>

enum Direction { forward, backward_data, backward_weights };

// How numbers are multiplied: as they are; rounded to bfloat16, with float32 sums; or, where that
// is faster, without the last of their 24 bits.  Those matter where a rectifier follows, since a
// rounding error may decide whether it passes a gradient on; in gradients they do not.
enum Precision { float32, bfloat16, nearly_float32 };

// x (batch, height, width, inputs) and filters (outputs, inputs, filter height, filter width) make
// y (batch, y height, y width, outputs):
//     y[n, r, c, o] = sum over i, j, k of x[n, r stride - top + j, c stride - left + k, i]
//                                         filters[o, i, j, k],
// where x is zero outside and filters are turned by 180 degrees if so asked.  The gradient for one
// of the three is made of the other two.
struct Problem {
    int64_t batch, height, width, inputs, y_height, y_width, outputs, filter_height, filter_width,
        stride_height, stride_width, top, left, turned;

    int64_t x_size() const { return batch * height * width * inputs; }
    int64_t y_size() const { return batch * y_height * y_width * outputs; }
    int64_t taps() const { return filter_height * filter_width; }
    int64_t filters_size() const { return outputs * inputs * taps(); }
    // In numbers of a large array, each of which takes about as long to read as 32 multiplications.
    int64_t work() const { return y_size() * inputs * taps() / 32; }
};
