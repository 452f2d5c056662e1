// Convolutions and their two gradients.
//
// A pixel of a feature map is a row of numbers, one for each channel.  Forward, a pixel of y is
// the sum, over the taps of the filters, of the row of x that the tap sees times the tap's filters,
// a matrix (inputs, outputs).  The gradient of the data is such sums too, of rows of dy.  The
// gradient of a tap's filters is the sum, over all pixels of y, of the outer product of the row of
// x that the tap sees and the row of dy.  Where it pays fewer products do (winograd.h).
#include <algorithm>

#include "arrays.h"
#include "convolution.h"
#include "exported.h"
#include "products.h"
#include "scratch.h"
#include "share.h"
#include "vectors.h"
#include "winograd.h"

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

void transpose(const Problem &p, const float *y, const float *filters, float *x)
{
    static thread_local Scratch scratch;
    const Filters order(backward_data, p, false, p.inputs <= vector_length ? vector_length
                                                                           : 2 * vector_length);
    float *packed = scratch.floats(order.size());
    order.pack(filters, packed);
    sum_products({y, p.y_height, p.y_width, p.outputs, p.outputs},
                 backward_axis(p.height, p.y_height, p.filter_height, p.stride_height, p.top),
                 backward_axis(p.width, p.y_width, p.filter_width, p.stride_width, p.left),
                 p.batch, order, packed, x, p.work());
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
    const Filters order(forward, p, by_rows, narrow ? vector_length : 2 * vector_length);
    float *packed = its_filters.floats(order.size());
    if (for_filters) {
        sum_outer_products(seen, vertical, horizontal, p.batch, order, y, packed, p.work());
        order.unpack(packed, filters);
    } else {
        order.pack(filters, packed);
        sum_products(seen, vertical, horizontal, p.batch, order, packed, y, p.work());
    }
}

void filter_minimally(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    static thread_local Scratch scratch;
    const WinogradFilters order(direction, p);
    float *packed = scratch.floats(order.size());
    if (direction == backward_weights) {
        winograd_backward_weights(p, x, y, order, packed);
        order.unpack(packed, filters);
        return;
    }
    order.pack(filters, packed);
    if (direction == backward_data)
        winograd_backward_data(p, y, order, packed, x);
    else
        winograd_forward(p, x, order, packed, y);
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

EXPORTED int convolve(int direction, PyObject *x, PyObject *filters, PyObject *y,
                      long stride_height, long stride_width, long top, long bottom, long left,
                      long right, int turned)
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
        const auto its_direction = static_cast<Direction>(direction);
        if (winograd_pays(its_direction, p))
            filter_minimally(its_direction, p, its_x, its_filters, its_y);
        else if (direction == backward_data)
            transpose(p, its_y, its_filters, its_x);
        else
            convolve(p, direction == backward_weights, its_x, its_filters, its_y);
    });
}
