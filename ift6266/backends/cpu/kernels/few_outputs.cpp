// The taps in a row of the filter become outputs of their own, which together fill a vector: a
// convolution with filters of one column makes (tap, output) for each column of x, and neighbours
// are added.  The gradient of the filters begins with dy spread out in the same way.
#include "few_outputs.h"

#include <algorithm>

#include "direct_convolution.h"
#include "scratch.h"
#include "share.h"
#include "vectors.h"

bool has_few_outputs(Direction direction, const Problem &p)
{
    return direction != backward_data && p.filter_width > 1 && p.inputs >= vector_length
           && 2 * p.outputs <= vector_length && p.filter_width * p.outputs <= 2 * vector_length;
}

namespace {

// Calls function(number among the filters, number among those of one column).
template <class Function> void for_filters(const Problem &p, Function function)
{
    const long height = p.outputs * p.inputs * p.filter_height;
    for (long row = 0; row < height; row++)
        for (long tap = 0; tap < p.filter_width; tap++)
            function(row * p.filter_width + (p.turned ? p.filter_width - 1 - tap : tap),
                     tap * height + row);
}

// Calls function(where y begins, where its share of the wide maps begins) for each pixel of y and
// tap that sees a column of x; before each row of y calls begin(y, wide).
template <class Begin, class Function>
void for_taps(const Problem &p, float *y, float *wide, Begin begin, Function function)
{
    const long columns = p.filter_width * p.outputs;
#pragma omp parallel for num_threads(team(p.batch * p.y_height * p.width * columns))
    for (long row = 0; row < p.batch * p.y_height; row++) {
        float *its_y = y + row * p.y_width * p.outputs, *its_wide = wide + row * p.width * columns;
        begin(its_y, its_wide);
        for (long column = 0; column < p.y_width; column++)
            for (long tap = 0; tap < p.filter_width; tap++) {
                const long seen = column * p.stride_width - p.left + tap;
                if (seen >= 0 && seen < p.width)
                    function(its_y + column * p.outputs,
                             its_wide + seen * columns + tap * p.outputs);
            }
    }
}

}  // namespace

void convolve_few_outputs(Direction direction, const Problem &p, float *x, float *filters,
                          float *y)
{
    static thread_local Scratch its_filters, its_wide;
    const long outputs = p.outputs, columns = p.filter_width * outputs;
    const Problem one_column{p.batch, p.height, p.width, p.inputs, p.y_height, p.width, columns,
                             p.filter_height, 1, p.stride_height, 1, p.top, 0, p.turned};
    float *narrow = its_filters.floats(p.filters_size()),
          *wide = its_wide.floats(one_column.y_size());
    if (direction == forward) {
        for_filters(p, [=](long from, long to) { narrow[to] = filters[from]; });
        convolve_directly(forward, one_column, x, narrow, wide);
        for_taps(
            p, y, wide,
            [&](float *its_y, float *) { std::fill_n(its_y, p.y_width * outputs, 0.f); },
            [=](float *pixel, const float *its_wide) {
                for (long output = 0; output < outputs; output++)
                    pixel[output] += its_wide[output];
            });
        return;
    }
    for_taps(
        p, y, wide,
        [&](float *, float *its_wide) { std::fill_n(its_wide, p.width * columns, 0.f); },
        [=](const float *pixel, float *its_wide) { std::copy_n(pixel, outputs, its_wide); });
    convolve_directly(backward_weights, one_column, x, narrow, wide);
    for_filters(p, [=](long to, long from) { filters[to] = narrow[from]; });
}
