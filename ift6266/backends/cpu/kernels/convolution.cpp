// Convolutions and their two gradients, each in the way that is fastest for it.
#include <algorithm>

#include "arrays.h"
#include "bfloat16.h"
#include "direct_convolution.h"
#include "exported.h"
#include "few_outputs.h"
#include "few_pixels.h"
#include "problem.h"
#include "scratch.h"
#include "share.h"
#include "tile_choice.h"
#include "tile_convolution.h"
#include "vectors.h"
#include "winograd.h"

namespace {

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

// bfloat16 without tiles; slower than float32.
void convolve_rounded(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    static thread_local Scratch first, second;
    if (direction != backward_data)
        x = rounded(x, p.x_size(), first);
    if (direction != backward_weights)
        filters = rounded(filters, p.filters_size(), second);
    if (direction != forward)
        y = rounded(y, p.y_size(), direction == backward_data ? first : second);
    convolve_directly(direction, p, x, filters, y);
}

const npy_intp *four_axes(PyObject *object)
{
    PyArrayObject *array = floats(object, is_read);
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
        auto use = [=](Direction makes_it) { return direction == makes_it ? is_written : is_read; };
        float *its_x = contiguous(x, p.x_size(), use(backward_data)),
              *its_filters = contiguous(filters, p.filters_size(), use(backward_weights)),
              *its_y = contiguous(y, p.y_size(), use(forward));
        if (precision != bfloat16 && has_few_pixels(p))
            convolve_few_pixels(direction, p, its_x, its_filters, its_y);
        else if (tiles_in_use && tiles_suit(direction, p))
            convolve_by_tiles(direction, p, parts(precision), its_x, its_filters, its_y,
                              tiles_in_use == emulated_tiles);
        else if (precision == bfloat16)
            convolve_rounded(direction, p, its_x, its_filters, its_y);
        else if (winograd_pays(direction, p))
            convolve_by_winograd(direction, p, its_x, its_filters, its_y);
        else if (has_few_outputs(direction, p))
            convolve_few_outputs(direction, p, its_x, its_filters, its_y);
        else
            convolve_directly(direction, p, its_x, its_filters, its_y);
    });
}
