// Convolutions and their two gradients.
//
// A pixel of a feature map is a row of numbers, one for each channel.  Forward, a pixel of y is
// the sum, over the taps of the filters, of the row of x that the tap sees times the tap's filters,
// a matrix (inputs, outputs).  The gradient of the data is such sums too, of rows of dy.  The
// gradient of a tap's filters is the sum, over all pixels of y, of the outer product of the row of
// x that the tap sees and the row of dy.
#include <algorithm>
#include <cmath>
#include <vector>

#include "arrays.h"
#include "bfloat16.h"
#include "convolution.h"
#include "exported.h"
#include "kept_filters.h"
#include "products.h"
#include "scratch.h"
#include "share.h"
#include "tile_convolution.h"
#include "tiles.h"
#include "vectors.h"

namespace {

// Copies feature maps with zeros to their left and right, or without their last columns.
void widen(const Problem &p, const float *x, long width, float *wide)
{
    const long length = width * p.inputs, before = p.left * p.inputs,
               copied = std::max(0L, std::min(p.width * p.inputs, length - before));
#pragma omp parallel for num_threads(team(p.batch * p.height * length))
    for (long row = 0; row < p.batch * p.height; row++) {
        float *to = wide + row * length;
        std::fill_n(to, std::min(before, length), 0.f);
        if (copied)
            std::copy_n(x + row * p.width * p.inputs, copied, to + before);
        std::fill(to + std::min(before, length) + copied, to + length, 0.f);
    }
}

Packed pack(Direction direction, const Problem &p, const Filters &order, const float *filters)
{
    return kept_filters(packed_for_products, direction, p, filters, order.size(),
                        [&](float *packed) { order.pack(filters, packed); });
}

void transpose(const Problem &p, const float *y, const float *filters, float *x)
{
    const Filters order(backward_data, p, each_place,
                        p.inputs <= vector_length ? vector_length : 2 * vector_length);
    const Packed packed = pack(backward_data, p, order, filters);
    sum_products({y, p.y_height, p.y_width, p.outputs, p.outputs},
                 backward_axis(p.height, p.y_height, p.filter_height, p.stride_height, p.top),
                 backward_axis(p.width, p.y_width, p.filter_width, p.stride_width, p.left),
                 p.batch, order, packed.get(), x, p.work());
}

// Forward, or the gradient of the filters: both see x.
void convolve(const Problem &p, bool for_filters, const float *x, float *filters, float *y)
{
    static thread_local Scratch its_filters, its_x;
    const Axis vertical = forward_axis(p.height, p.y_height, p.filter_height, p.stride_height,
                                       p.top);
    Axis horizontal = forward_axis(p.width, p.y_width, p.filter_width, p.stride_width, p.left);
    Seen seen{x, p.height, p.width, p.inputs, p.inputs};
    // With few channels a tap is little work.  All taps in a row of the filter see numbers that are
    // next to each other in memory, if only the zeros are there: they become one tap.
    const bool by_rows = p.inputs < vector_length && p.filter_width > 1;
    if (by_rows) {
        const long width = (p.y_width - 1) * p.stride_width + p.filter_width;
        float *wide = its_x.floats(p.batch * p.height * width * p.inputs);
        widen(p, x, width, wide);
        seen = {wide, p.height, width, p.inputs, p.filter_width * p.inputs};
        horizontal = forward_axis(width, p.y_width, 1, p.stride_width, 0);
    }
    const bool narrow = !for_filters && p.outputs <= vector_length;
    const Filters order(forward, p, by_rows ? each_row : each_place,
                        narrow ? vector_length : 2 * vector_length);
    if (for_filters) {
        float *packed = its_filters.floats(order.size());
        sum_outer_products(seen, vertical, horizontal, p.batch, order, y, packed, p.work());
        order.unpack(packed, filters);
    } else {
        sum_products(seen, vertical, horizontal, p.batch, order,
                     pack(forward, p, order, filters).get(), y, p.work());
    }
}

void convolve_by_vectors(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    if (direction == backward_data)
        transpose(p, y, filters, x);
    else
        convolve(p, direction == backward_weights, x, filters, y);
}

// The nearest bfloat16 of numbers.
float *rounded(const float *numbers, long count, Scratch &scratch)
{
    float *result = scratch.floats(pieces(count, vector_length) * vector_length);
    const long whole = count / vector_length * vector_length;
#pragma omp parallel for num_threads(team(count))
    for (long index = 0; index < whole; index += vector_length)
        store(result + index, nearest(load(numbers + index)));
    if (whole < count) {
        float last[vector_length] = {};
        std::copy(numbers + whole, numbers + count, last);
        store(result + whole, nearest(load(last)));
    }
    return result;
}

// What bfloat16 is without tiles: no faster than float32.
void convolve_rounded(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    static thread_local Scratch first, second;
    if (direction != backward_data)
        x = rounded(x, p.x_size(), first);
    if (direction != backward_weights)
        filters = rounded(filters, p.filters_size(), second);
    if (direction != forward)
        y = rounded(y, p.y_size(), direction == backward_data ? first : second);
    convolve_by_vectors(direction, p, x, filters, y);
}

// Into how many bfloat16 each number is split for tiles.
int parts(Precision precision)
{
    return precision == bfloat16 ? 1 : precision == nearly_float32 ? 2 : 3;
}

enum WhichTiles { no_tiles, processor_tiles, imitated_tiles };
WhichTiles tiles_in_use = no_tiles;

// Whether convolutions by the processor's tiles come out as those by vectors do.
bool tiles_are_right()
{
    const Problem p{17, 3, 4, 40, 2, 3, 24, 2, 2, 1, 1, 0, 0, 0};
    std::vector<float> arrays[] = {std::vector<float>(p.x_size()),
                                   std::vector<float>(p.filters_size()),
                                   std::vector<float>(p.y_size())};
    uint32_t number = 1;
    for (auto &array : arrays)
        for (float &value : array) {
            number = 1664525 * number + 1013904223;  // Knuth's and Lewis's generator
            value = number * 0x1p-31f - 1;
        }
    for (Direction direction : {forward, backward_data, backward_weights}) {
        std::vector<float> expected[] = {arrays[0], arrays[1], arrays[2]},
                           found[] = {arrays[0], arrays[1], arrays[2]};
        convolve_by_vectors(direction, p, expected[0].data(), expected[1].data(),
                            expected[2].data());
        convolve_by_tiles(direction, p, parts(float32), found[0].data(), found[1].data(),
                          found[2].data(), false);
        double error = 0, whole = 0;
        for (int array = 0; array < 3; array++)
            for (size_t index = 0; index < arrays[array].size(); index++) {
                error += std::pow(found[array][index] - expected[array][index], 2);
                whole += std::pow(expected[array][index], 2);
            }
        if (!(error < 1e-12 * whole))
            return false;
    }
    return true;
}

const npy_intp *four_axes(PyObject *object)
{
    PyArrayObject *array = floats(object);
    if (PyArray_NDIM(array) != 4)
        throw std::invalid_argument("an array does not have four axes");
    return PyArray_DIMS(array);
}

// Whether so many taps go so many times into a padded size.
bool fits(long size, long before, long after, long taps, long stride, long times)
{
    const long left = size + before + after - taps;
    return before >= 0 && after >= 0 && taps > 0 && stride > 0 && left >= 0
           && times == left / stride + 1;
}

}  // namespace

// Says what stands against it: 0 nothing, 1 the library was compiled without, 2 Linux, 3 that they
// compute something else.
EXPORTED int use_tiles(int which)
{
    tiles_in_use = which == imitated_tiles ? imitated_tiles : no_tiles;
    if (which != processor_tiles)
        return 0;
#ifndef __AMX_BF16__
    return 1;
#endif
    if (!tiles_granted())
        return 2;
    if (!tiles_are_right())
        return 3;
    tiles_in_use = processor_tiles;
    return 0;
}

EXPORTED int convolve(Direction direction, PyObject *x, PyObject *filters, PyObject *y,
                      long stride_height, long stride_width, long top, long bottom, long left,
                      long right, int turned, Precision precision)
{
    return guarded([=] {
        const npy_intp *xs = four_axes(x), *ws = four_axes(filters), *ys = four_axes(y);
        const Problem p{xs[0], xs[1], xs[2], xs[3], ys[1], ys[2], ys[3], ws[2], ws[3],
                        stride_height, stride_width, top, left, turned};
        if (xs[0] != ys[0] || xs[3] != ws[1] || ys[3] != ws[0])
            throw std::invalid_argument("the shapes of the arrays do not fit together");
        if (!fits(p.height, top, bottom, p.filter_height, stride_height, p.y_height)
            || !fits(p.width, left, right, p.filter_width, stride_width, p.y_width))
            throw std::invalid_argument("the filters do not fit so often into the feature maps");
        float *its_x = contiguous(x, p.x_size()), *its_y = contiguous(y, p.y_size()),
              *its_filters = contiguous(filters, p.filters_size());
        if (tiles_in_use && tiles_suit(direction, p))
            convolve_by_tiles(direction, p, parts(precision), its_x, its_filters, its_y,
                              tiles_in_use == imitated_tiles);
        else if (precision == bfloat16)
            convolve_rounded(direction, p, its_x, its_filters, its_y);
        else
            convolve_by_vectors(direction, p, its_x, its_filters, its_y);
    });
}
