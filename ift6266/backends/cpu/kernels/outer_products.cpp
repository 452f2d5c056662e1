// Sums over all pixels of outer products of rows of x and dy: the gradient of filters.
//
// The sums of a tap are (depth, columns); a tile of them, some rows of a block of columns, stays in
// registers while some pixels are added.  Each thread makes other tiles, so that no sum depends on
// how many threads there are.
#include <algorithm>
#include <vector>

#include "innermost.h"
#include "products.h"
#include "share.h"
#include "vectors.h"

namespace {

// Computes some of the sums: those of some taps, and some of their tiles of rows.
class Sums {
public:
    Sums(const Seen &x, const Axis &vertical, const Axis &horizontal,
         const Filters &order, const float *dy, float *packed)
        : x(x), vertical(vertical), horizontal(horizontal), order(order), dy(dy), packed(packed),
          full(rows_of_tile(order.block)), panels(order.blocks() * order.block * most) {}

    // Tiles of rows that a tap has.
    static long tiles(const Filters &order)
    {
        return pieces(order.depth, rows_of_tile(order.block));
    }

    void compute(long batch, Share mine)
    {
        const long pixels = batch * vertical.size * horizontal.size, each = tiles(order);
        for (long tile = mine.begin; tile < mine.end; tile++)
            for (long block = 0; block < order.blocks(); block++)
                std::fill_n(sums(tile / each, tile % each, block), rows(tile % each) * order.block,
                            0.f);
        for (long first = 0; first < pixels; first += most) {
            take(first, std::min(most, pixels - first));
            for (long tap = mine.begin / each; tap * each < mine.end; tap++)
                add(tap, std::max(mine.begin - tap * each, 0L),
                    std::min(mine.end - tap * each, each));
        }
    }

private:
    static constexpr long most = 64;  // pixels at a time: what they need stays in the cache

    // The pixels at hand; their dy is laid out in blocks, (block, pixel, column).
    void take(long first, long count)
    {
        taken = count;
        for (long index = 0; index < count; index++) {
            const long place = (first + index) / horizontal.size;
            pixels[index] = {place / vertical.size, place % vertical.size,
                             (first + index) % horizontal.size};
            const float *row = dy + (first + index) * order.columns;
            for (long column = 0; column < order.columns; column += order.block) {
                float *panel = &panels[column * most + index * order.block];
                std::copy(row + column, row + std::min(column + order.block, order.columns), panel);
            }
        }
    }

    // Adds what the pixels at hand give to some tiles of a tap.
    void add(long tap, long first, long last)
    {
        const float *seen[most];
        long places[most], count = 0;
        for (long index = 0; index < taken; index++) {
            const Pixel &pixel = pixels[index];
            long down = vertical.at(pixel.row, tap / horizontal.taps),
                 right = horizontal.at(pixel.column, tap % horizontal.taps);
            if (down >= 0 && right >= 0) {
                seen[count] = x.at(pixel.picture, down, right);
                places[count++] = index * order.block;
            }
        }
        for (long tile = first; tile < last; tile++) {
            const OuterProducts add_products = outer_products(order.block, rows(tile));
            for (long block = 0; block < order.blocks(); block++)
                add_products(seen, tile * full, &panels[block * order.block * most], places,
                             count, sums(tap, tile, block));
        }
    }

    long rows(long tile) const { return std::min(full, order.depth - tile * full); }

    float *sums(long tap, long tile, long block) const
    {
        return order.row(packed, block * order.block, tap, tile * full);
    }

    const Seen &x;
    const Axis &vertical, &horizontal;
    const Filters &order;
    const float *dy;
    float *packed;
    const long full;  // rows of a tile
    std::vector<float> panels;
    Pixel pixels[most];
    long taken = 0;
};

}  // namespace

void sum_outer_products(const Seen &x, const Axis &vertical, const Axis &horizontal, long batch,
                        const Filters &order, const float *dy, float *filters, long work)
{
    const long tiles = order.taps * Sums::tiles(order);
#pragma omp parallel num_threads(team(work))
    Sums(x, vertical, horizontal, order, dy, filters).compute(batch, share(tiles));
}
