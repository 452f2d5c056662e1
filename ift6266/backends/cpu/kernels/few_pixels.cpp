// The filters stay as Python has them, a matrix (output, weight), and what they see is rearranged:
// for each pixel of y its numbers in the order of the weights, (input, tap).
#include "few_pixels.h"

#include <algorithm>
#include <vector>

#include "innermost.h"
#include "scratch.h"
#include "share.h"

namespace {

constexpr long block = 2 * vector_length,  // columns of what is computed together
    outputs_at_a_time = 16;                // whose filters are read side by side

}  // namespace

// Measured on a Xeon, two cores: filters that fill a second-level cache, and a pixel for a few of
// them at most.
bool has_few_pixels(const Problem &p)
{
    const long pixels = p.batch * p.y_height * p.y_width;
    return p.filters_size() >= 1 << 19 && pixels <= 64 && 4 * pixels <= p.outputs
           && p.inputs * p.taps() % block == 0;
}

namespace {

struct FewPixels {
    const Problem &p;
    const long count, weights;

    explicit FewPixels(const Problem &p)
        : p(p), count(p.batch * p.y_height * p.y_width), weights(p.inputs * p.taps()) {}

    // Calls function(pixel, weight, place in x) for what each pixel sees inside of x; no two
    // threads get the same input.
    template <class Function> void for_seen(Function function) const
    {
#pragma omp parallel num_threads(team(count * weights))
        {
            const Share inputs = share(p.inputs, 16);
            for (long pixel = 0; pixel < count; pixel++)
                for (long tap = 0; tap < p.taps(); tap++) {
                    const long place = pixel % (p.y_height * p.y_width),
                               down = place / p.y_width * p.stride_height - p.top
                                      + tap / p.filter_width,
                               right = place % p.y_width * p.stride_width - p.left
                                       + tap % p.filter_width;
                    if (down < 0 || down >= p.height || right < 0 || right >= p.width)
                        continue;
                    const long picture = pixel / (p.y_height * p.y_width),
                               first = ((picture * p.height + down) * p.width + right) * p.inputs,
                               its_tap = p.turned ? p.taps() - 1 - tap : tap;
                    for (long input = inputs.begin; input < inputs.end; input++)
                        function(pixel, input * p.taps() + its_tap, first + input);
                }
        }
    }

    // y (pixel, output), of which the transpose is a product of the filters and, in blocks of
    // pixels, (weight, pixel).
    void forward(const float *x, const float *filters, float *y, Scratch &scratch) const
    {
        const long panels = pieces(count, block), whole = 0;
        float *seen = scratch.floats(panels * weights * block);
        std::fill_n(seen, panels * weights * block, 0.f);
        for_seen([=](long pixel, long weight, long place) {
            seen[(pixel / block * weights + weight) * block + pixel % block] = x[place];
        });
#pragma omp parallel for schedule(dynamic) num_threads(team(p.filters_size()))
        for (long output = 0; output < p.outputs; output += tile_rows) {
            const float *source[tile_rows];
            float sums[tile_rows][block], *result[tile_rows];
            for (long row = 0; row < tile_rows; row++) {
                source[row] = filters + std::min(output + row, p.outputs - 1) * weights;
                result[row] = sums[row];
            }
            for (long panel = 0; panel < panels; panel++) {
                sum_of_products<tile_rows, 2>(source, &whole, 1, weights,
                                              seen + panel * weights * block, result, block);
                for (long pixel = panel * block; pixel < std::min(count, (panel + 1) * block);
                     pixel++)
                    for (long row = 0; row < std::min<long>(tile_rows, p.outputs - output); row++)
                        y[pixel * p.outputs + output + row] = sums[row][pixel % block];
            }
        }
    }

    // What dy gives to all that a pixel sees, (block of weights, pixel, weight), is added up in x.
    void backward_data(float *x, const float *filters, const float *dy, Scratch &scratch) const
    {
        float *given = scratch.floats(count * weights);
        std::vector<float> transposed(p.outputs * count);  // (output, pixel)
        for (long pixel = 0; pixel < count; pixel++)
            for (long output = 0; output < p.outputs; output++)
                transposed[output * count + pixel] = dy[pixel * p.outputs + output];
#pragma omp parallel num_threads(team(p.filters_size()))
        {
            const Share blocks = share(weights / block);
            std::fill_n(given + blocks.begin * count * block,
                        (blocks.end - blocks.begin) * count * block, 0.f);
            for (long output = 0; output < p.outputs; output += outputs_at_a_time) {
                const long here = std::min(outputs_at_a_time, p.outputs - output);
                const float *factors[outputs_at_a_time];
                long places[outputs_at_a_time];
                for (long index = 0; index < here; index++) {
                    factors[index] = &transposed[(output + index) * count];
                    places[index] = (output + index) * weights;
                }
                for (long number = blocks.begin; number < blocks.end; number++)
                    for (long pixel = 0; pixel < count; pixel += tile_rows)
                        outer_products(block, std::min<long>(tile_rows, count - pixel))(
                            factors, pixel, filters + number * block, places, here,
                            given + (number * count + pixel) * block);
            }
        }
        std::fill_n(x, p.x_size(), 0.f);
        for_seen([=](long pixel, long weight, long place) {
            x[place] += given[(weight / block * count + pixel) * block + weight % block];
        });
    }

    // The filters (output, weight) = sum over pixels of dy (output, 1) times what they see.
    void backward_weights(const float *x, float *filters, const float *dy, Scratch &scratch) const
    {
        float *seen = scratch.floats(count * weights);  // (pixel, weight)
        std::fill_n(seen, count * weights, 0.f);
        for_seen([=](long pixel, long weight, long place) {
            seen[pixel * weights + weight] = x[place];
        });
        std::vector<const float *> factors(count);
        std::vector<long> places(count);
        for (long pixel = 0; pixel < count; pixel++) {
            factors[pixel] = dy + pixel * p.outputs;
            places[pixel] = pixel * weights;
        }
#pragma omp parallel for schedule(dynamic) num_threads(team(p.filters_size()))
        for (long output = 0; output < p.outputs; output += tile_rows) {
            const long rows = std::min<long>(tile_rows, p.outputs - output);
            for (long weight = 0; weight < weights; weight += block) {
                float sums[tile_rows * block] = {};
                outer_products(block, rows)(factors.data(), output, seen + weight, places.data(),
                                            count, sums);
                for (long row = 0; row < rows; row++)
                    std::copy_n(sums + row * block, block,
                                filters + (output + row) * weights + weight);
            }
        }
    }
};

}  // namespace

void convolve_few_pixels(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    static thread_local Scratch scratch;
    const FewPixels pixels(p);
    if (direction == forward)
        pixels.forward(x, filters, y, scratch);
    else if (direction == backward_data)
        pixels.backward_data(x, filters, y, scratch);
    else
        pixels.backward_weights(x, filters, y, scratch);
}
