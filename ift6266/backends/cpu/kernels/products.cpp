// Sums of products of rows of feature maps and filters, without a matrix of all that taps see.
//
// As in Dukhan, "The Indirect Convolution Algorithm" (2019), the innermost function gets pointers
// to the rows that each tap sees for some pixels, a tile, and keeps the sums in registers.  Outside
// of the feature maps a tap sees a row of zeros, or is left out where the whole tile is outside;
// a tile is therefore the same pixel of several pictures, as far as these suffice.
//
// In a transposed convolution the taps that see anything depend on a pixel's phase, which is its
// place modulo the stride.  A tile is of one phase.
#include <algorithm>
#include <vector>

#include "innermost.h"
#include "products.h"
#include "share.h"
#include "sources.h"
#include "vectors.h"

namespace {

// Computes some tiles of a phase, which together use a block of filters while it is in the cache.
template <int rows, int vectors> class Group {
public:
    static constexpr long most = 8;  // tiles

    Group(const Seen &x, const Axis &vertical, const Axis &horizontal, const Filters &order,
          const float *filters, float *y)
        : x(x), vertical(vertical), horizontal(horizontal), order(order), filters(filters), y(y),
          zeros(x.depth), nowhere(order.columns),
          tiles(most, Sources<float, rows>(vertical.taps * horizontal.taps)) {}

    void compute(const Phase &phase, long first, long count)
    {
        for (long begin = 0; begin < count; begin += rows) {
            Pixel pixels[rows];
            float **result = results[begin / rows];
            for (int row = 0; row < rows; row++) {  // the last tile may repeat its last pixel
                pixels[row] = phase.at(first + std::min(begin + row, count - 1));
                result[row] = begin + row < count ? place(pixels[row]) : nowhere.data();
            }
            tiles[begin / rows].see(x, vertical, horizontal, pixels, zeros.data());
        }
        for (long column = 0; column < order.columns; column += order.block)
            for (long begin = 0; begin < count; begin += rows) {
                const Sources<float, rows> &tile = tiles[begin / rows];
                float *result[rows];
                for (int row = 0; row < rows; row++)
                    result[row] = results[begin / rows][row] + column;
                sum_of_products<rows, vectors>(
                    tile.source.data(), tile.taps.data(), tile.count, order.depth,
                    filters + column * order.taps * order.depth, result,
                    std::min(order.block, order.columns - column));
            }
    }

private:
    float *place(const Pixel &pixel) const
    {
        return y + ((pixel.picture * vertical.size + pixel.row) * horizontal.size + pixel.column)
                       * order.columns;
    }

    const Seen &x;
    const Axis &vertical, &horizontal;
    const Filters &order;
    const float *filters;
    float *y;
    std::vector<float> zeros, nowhere;
    std::vector<Sources<float, rows>> tiles;
    float *results[most][rows];
};

template <int rows, int vectors>
void multiply(const Seen &x, const Axis &vertical, const Axis &horizontal, long batch,
              const Filters &order, const float *filters, float *y, int threads)
{
    using Its = Group<rows, vectors>;
    const long tiles = batch * vertical.size * horizontal.size / rows,
               step = rows * std::max(1L, std::min(Its::most, tiles / threads / 4));
    // The same pixels of many large pictures would fall on the same few lines of the cache.
    const long pictures = 6 * std::max(1L, 2048 / std::max(1L, x.height * x.width * x.pixel));
#pragma omp parallel num_threads(threads)
    {
        Its group(x, vertical, horizontal, order, filters, y);  // the calling thread's
        for (long picture = 0; picture < batch; picture += pictures)
            for (long row = 0; row < vertical.phases; row++)
                for (long column = 0; column < horizontal.phases; column++) {
                    const Phase phase(picture, std::min(pictures, batch - picture), vertical,
                                      horizontal, row, column);
#pragma omp for schedule(dynamic) nowait
                    for (long first = 0; first < phase.count(); first += step)
                        group.compute(phase, first, std::min(step, phase.count() - first));
                }
    }
}

}  // namespace

void sum_products(const Seen &x, const Axis &vertical, const Axis &horizontal, long batch,
                  const Filters &order, const float *filters, float *y, long work)
{
    auto function = order.block == vector_length ? multiply<2 * tile_rows, 1>
                                                 : multiply<tile_rows, 2>;
    function(x, vertical, horizontal, batch, order, filters, y, team(work));
}
