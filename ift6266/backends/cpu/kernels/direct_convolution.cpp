#include "direct_convolution.h"

#include <algorithm>

#include "kept_filters.h"
#include "products.h"
#include "scratch.h"
#include "share.h"
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
    const Filters order(forward, p, by_rows ? each_row : each_place,
                        p.outputs <= vector_length ? vector_length : 2 * vector_length);
    if (for_filters) {
        float *packed = its_filters.floats(order.size());
        sum_outer_products(seen, vertical, horizontal, p.batch, order, y, packed, p.work());
        order.unpack(packed, filters);
    } else {
        sum_products(seen, vertical, horizontal, p.batch, order,
                     pack(forward, p, order, filters).get(), y, p.work());
    }
}

}  // namespace

void convolve_directly(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    if (direction == backward_data)
        transpose(p, y, filters, x);
    else
        convolve(p, direction == backward_weights, x, filters, y);
}
