// Convolutions by tiles: sums of products of two tiles of rows and two of columns, four at a time.
//
// Forward, the rows of a tile are a pixel of 16 pictures, so that the tiles that a tap sees are
// those of another pixel, or nothing at all; its columns are outputs.  The gradient of the data has
// rows of dy for x and is otherwise the same.  For the gradient of the filters a tile's rows are 16
// inputs, its columns 16 outputs, and 32 pictures are the depth of the product; sums of pixels stay
// in their tiles while what they need stays in the cache.
#include "tile_convolution.h"

#include <algorithm>
#include <vector>

#include "axes.h"
#include "kept_filters.h"
#include "scratch.h"
#include "share.h"
#include "sources.h"
#include "tile_layout.h"

namespace {

constexpr long cached = 1 << 19;  // numbers: 1 MiB of the second-level cache

// With few inputs all taps together are the depth of one.
bool gathers(Direction direction, const Problem &p)
{
    return direction != backward_data && p.inputs < tile_side;
}

long depth(Direction direction, const Problem &p)
{
    return direction == backward_data ? p.outputs : gathers(direction, p) ? p.inputs * p.taps()
                                                                         : p.inputs;
}

Bfloat16 *memory(Scratch &scratch, long count)
{
    return reinterpret_cast<Bfloat16 *>(scratch.floats((count + 1) / 2));
}

// Adds the product of two tiles of rows, in tiles 4 and 5, and one or two of columns, in 6 and 7,
// to the sums in tiles 0 to 3.  Of parts that add up to more than the last there is no product.
template <class ItsTiles, int parts, int columns>
inline void add_products(ItsTiles &tiles, const Bfloat16 *upper, const Bfloat16 *lower,
                         const Bfloat16 *left, const Bfloat16 *right)
{
    for (int part = parts - 1; part >= 0; part--) {  // the smallest first
        tiles.template load<4>(upper + part * tile_numbers);
        tiles.template load<5>(lower + part * tile_numbers);
        for (int other = parts - 1 - part; other >= 0; other--) {
            tiles.template load<6>(left + other * tile_numbers);
            tiles.template add_product<0, 4, 6>();
            tiles.template add_product<1, 5, 6>();
            if constexpr (columns == 2) {
                tiles.template load<7>(right + other * tile_numbers);
                tiles.template add_product<2, 4, 7>();
                tiles.template add_product<3, 5, 7>();
            }
        }
    }
}

// Where the sums of a tile go: the row of a picture after the other.
struct Result {
    float *numbers;
    long pictures, stride;

    template <int tile, class ItsTiles>
    void take(ItsTiles &tiles, long column, long columns) const
    {
        if (pictures == tile_side && columns >= tile_side) {
            tiles.template store<tile>(numbers + column, stride);
            return;
        }
        alignas(64) float sums[tile_side * tile_side];
        tiles.template store<tile>(sums, tile_side);
        for (long picture = 0; picture < pictures; picture++)
            std::copy_n(sums + picture * tile_side, std::min(columns, tile_side),
                        numbers + picture * stride + column);
    }
};

// Computes some pairs of pixels, which together use some filters while these are in the cache.
template <class ItsTiles, int parts> class PairsOfPixels {
public:
    static constexpr long most = 4;  // pairs

    PairsOfPixels(const SeenNumbers<Bfloat16> &x, const Axis &vertical, const Axis &horizontal,
                  long batch, const Filters &order, const Bfloat16 *filters, float *y)
        : x(x), vertical(vertical), horizontal(horizontal), batch(batch), order(order),
          filters(filters), y(y), zeros(x.pixel),
          sources(most, Sources<Bfloat16, 2>(vertical.taps * horizontal.taps)) {}

    // Pictures of a phase are groups of them here.
    void compute(const Phase &phase, long first, long count, long first_column, long last_column)
    {
        for (long begin = 0; begin < count; begin += 2) {
            const Pixel pair[] = {phase.at(first + begin),
                                  phase.at(first + std::min(begin + 1, count - 1))};
            sources[begin / 2].see(x, vertical, horizontal, pair, zeros.data());
            results[begin / 2][0] = result(pair[0]);
            results[begin / 2][1] = result(pair[1]);
            if (begin + 1 == count)
                results[begin / 2][1].pictures = 0;
        }
        for (long column = first_column; column < last_column; column += 2 * tile_side)
            for (long begin = 0; begin < count; begin += 2)
                (order.columns - column > tile_side ? &PairsOfPixels::sum<2>
                                                    : &PairsOfPixels::sum<1>)
                    (*this, sources[begin / 2], results[begin / 2], column);
    }

private:
    Result result(const Pixel &pixel) const
    {
        const long first = pixel.picture * tile_side;
        return {y + ((first * vertical.size + pixel.row) * horizontal.size + pixel.column)
                        * order.columns,
                std::min(tile_side, batch - first),
                vertical.size * horizontal.size * order.columns};
    }

    template <int columns>
    __attribute__((noinline))
    static void sum(PairsOfPixels &self, const Sources<Bfloat16, 2> &its,
                    const Result (&results)[2], long column)
    {
        ItsTiles &tiles = self.tiles;
        tiles.template zero<0>();
        tiles.template zero<1>();
        tiles.template zero<2>();
        tiles.template zero<3>();
        const long step = parts * tile_numbers, depth = self.order.room / tile_depth,
                   block = self.order.taps * depth * step;
        const Bfloat16 *panels = self.filters + column / tile_side * block;
        for (long tap = 0; tap < its.count; tap++) {
            const Bfloat16 *upper = its.source[2 * tap], *lower = its.source[2 * tap + 1],
                           *panel = panels + its.taps[tap] * depth * step;
            for (long tile = 0; tile < depth; tile++)
                add_products<ItsTiles, parts, columns>(
                    tiles, upper + tile * step, lower + tile * step, panel + tile * step,
                    panel + block + tile * step);
        }
        const long left = self.order.columns - column;
        results[0].template take<0>(tiles, column, left);
        results[1].template take<1>(tiles, column, left);
        if constexpr (columns == 2) {
            results[0].template take<2>(tiles, column + tile_side, left - tile_side);
            results[1].template take<3>(tiles, column + tile_side, left - tile_side);
        }
    }

    const SeenNumbers<Bfloat16> &x;
    const Axis &vertical, &horizontal;
    const long batch;
    const Filters &order;
    const Bfloat16 *filters;
    float *y;
    std::vector<Bfloat16> zeros;
    std::vector<Sources<Bfloat16, 2>> sources;
    Result results[most][2];
    ItsTiles tiles;
};

// y = the sums over taps of what these see of x, times the filters.
template <class ItsTiles, int parts>
void sum_products(const SeenNumbers<Bfloat16> &x, const Axis &vertical, const Axis &horizontal,
                  long batch, const Filters &order, const Bfloat16 *filters, float *y, int threads)
{
    using Its = PairsOfPixels<ItsTiles, parts>;
    const long groups = pieces(batch, tile_side),
               pairs = groups * vertical.size * horizontal.size / 2,
               step = 2 * std::max(1L, std::min(Its::most, pairs / threads / 4)),
               // Small maps with many channels: threads share the channels too.
               columns = pairs < 4 * threads ? 2 * tile_side : order.columns;
#pragma omp parallel num_threads(threads)
    {
        Its its(x, vertical, horizontal, batch, order, filters, y);
        for (long row = 0; row < vertical.phases; row++)
            for (long column = 0; column < horizontal.phases; column++) {
                const Phase phase(0, groups, vertical, horizontal, row, column);
#pragma omp for schedule(dynamic) collapse(2) nowait
                for (long first = 0; first < phase.count(); first += step)
                    for (long begin = 0; begin < order.columns; begin += columns)
                        its.compute(phase, first, std::min(step, phase.count() - first), begin,
                                    std::min(begin + columns, order.columns));
            }
    }
}

// Computes some of the sums over pixels: units of two tiles of rows and two of columns, of a tap.
template <class ItsTiles, int parts> class SumsOfPixels {
public:
    SumsOfPixels(const TileOrder &x_order, const Bfloat16 *x, const TileOrder &dy_order,
                 const Bfloat16 *dy, const Axis &vertical, const Axis &horizontal,
                 const Filters &order, float *packed)
        : x_order(x_order), dy_order(dy_order), vertical(vertical), horizontal(horizontal),
          order(order), x(x), dy(dy), packed(packed) {}

    static long units(const Filters &order)
    {
        return order.taps * (order.room / tile_depth) * pieces(order.blocks(), 2);
    }

    void compute(Share mine)
    {
        const long rows = dy_order.groups * dy_order.height,
                   seen_rows = std::max(1L, x_order.height / dy_order.height),
                   row = dy_order.width * dy_order.pixel()
                         + seen_rows * x_order.width * x_order.pixel(),
                   step = std::max(1L, cached / row);
        for (long first = 0; first < rows; first += step)
            for (long unit = mine.begin; unit < mine.end; unit++)
                add(unit, first, std::min(rows, first + step));
    }

private:
    // Adds to a unit what some rows give, of all groups' rows one after the other.
    void add(long unit, long first_row, long last_row)
    {
        const long pairs = pieces(order.blocks(), 2), block = unit % pairs * 2,
                   depth = unit / pairs % (order.room / tile_depth),
                   tap = unit / pairs / (order.room / tile_depth);
        (block + 1 < order.blocks() ? &SumsOfPixels::sum<2> : &SumsOfPixels::sum<1>)
            (*this, tap, 2 * depth, block, first_row, last_row);
    }

    template <int columns>
    __attribute__((noinline))
    static void sum(SumsOfPixels &self, long tap, long tile, long block, long first_row,
                    long last_row)
    {
        ItsTiles &tiles = self.tiles;
        const TileOrder &xs = self.x_order, &ys = self.dy_order;
        float *sums[2];
        for (long index = 0; index < columns; index++)
            sums[index] = self.order.row(self.packed, (block + index) * tile_side, tap,
                                         tile * tile_side);
        constexpr long next = tile_side * tile_side;
        if (first_row == 0) {
            tiles.template zero<0>();
            tiles.template zero<1>();
            tiles.template zero<2>();
            tiles.template zero<3>();
        } else {
            tiles.template load<0>(sums[0], tile_side);
            tiles.template load<1>(sums[0] + next, tile_side);
            if constexpr (columns == 2) {
                tiles.template load<2>(sums[1], tile_side);
                tiles.template load<3>(sums[1] + next, tile_side);
            }
        }
        const long step = parts * tile_numbers, down = tap / self.horizontal.taps,
                   right = tap % self.horizontal.taps;
        for (long row = first_row; row < last_row; row++) {
            const long seen_row = self.vertical.at(row % ys.height, down);
            if (seen_row < 0)
                continue;
            const Bfloat16 *x = self.x + tile * step
                                + (row / ys.height * xs.height + seen_row) * xs.width * xs.pixel(),
                           *dy = self.dy + block * step + row * ys.width * ys.pixel();
            for (long column = 0; column < ys.width; column++, dy += ys.pixel()) {
                const long seen = self.horizontal.at(column, right);
                if (seen >= 0)
                    add_products<ItsTiles, parts, columns>(
                        tiles, x + seen * xs.pixel(), x + seen * xs.pixel() + step, dy, dy + step);
            }
        }
        tiles.template store<0>(sums[0], tile_side);
        tiles.template store<1>(sums[0] + next, tile_side);
        if constexpr (columns == 2) {
            tiles.template store<2>(sums[1], tile_side);
            tiles.template store<3>(sums[1] + next, tile_side);
        }
    }

    const TileOrder &x_order, &dy_order;
    const Axis &vertical, &horizontal;
    const Filters &order;
    const Bfloat16 *x, *dy;
    float *packed;
    ItsTiles tiles;
};

// A convolution, or one of its gradients: the maps that taps see, and axes that say where.
template <class ItsTiles, int parts> class Convolution {
public:
    Convolution(Direction direction, const Problem &p)
        : direction(direction), p(p), gathered(gathers(direction, p)),
          order(direction == backward_data ? backward_data : forward, p,
                gathered ? whole_filter : each_place, tile_side, tile_depth),
          vertical(axis(p.height, p.y_height, p.filter_height, p.stride_height, p.top)),
          horizontal(axis(p.width, p.y_width, p.filter_width, p.stride_width, p.left)) {}

    void sum(const float *seen, const float *filters, float *result) const
    {
        static thread_local Scratch its_maps, its_packed;
        const Maps maps = its(seen);
        const TileOrder maps_order = pictures_order(maps, parts);
        Bfloat16 *map_tiles = memory(its_maps, maps_order.size());
        lay_pictures(maps, maps_order, map_tiles);
        const Packed filter_tiles = kept_filters(
            packed_for_tiles, direction, p, filters, filter_tiles_size(order, parts) / 2,
            [&](float *tiles) {
                float *packed = its_packed.floats(order.size());
                order.pack(filters, packed);
                lay_filters(order, packed, parts, reinterpret_cast<Bfloat16 *>(tiles));
            });
        sum_products<ItsTiles, parts>(
            {map_tiles, maps.height, maps.width, maps_order.pixel(), maps_order.pixel()}, vertical,
            horizontal, p.batch, order, reinterpret_cast<const Bfloat16 *>(filter_tiles.get()),
            result, team(p.work()));
    }

    void sum_over_pixels(const float *seen, const float *dy, float *filters) const
    {
        static thread_local Scratch its_x, its_dy, its_packed;
        const Maps maps = its(seen),
                   dy_maps{dy, p.batch, p.y_height, p.y_width, p.outputs, nullptr};
        const TileOrder x_order = pairs_order(maps, parts, 2),
                        dy_order = pairs_order(dy_maps, parts, 1);
        Bfloat16 *x_tiles = memory(its_x, x_order.size()),
                 *dy_tiles = memory(its_dy, dy_order.size());
        lay_pairs(maps, x_order, true, x_tiles);
        lay_pairs(dy_maps, dy_order, false, dy_tiles);
        float *packed = its_packed.floats(order.size());
        using Sums = SumsOfPixels<ItsTiles, parts>;
#pragma omp parallel num_threads(team(p.work()))
        Sums(x_order, x_tiles, dy_order, dy_tiles, vertical, horizontal, order, packed)
            .compute(share(Sums::units(order)));
        order.unpack(packed, filters);
    }

private:
    Axis axis(long x_size, long y_size, long taps, long stride, long padding) const
    {
        if (direction == backward_data)
            return backward_axis(x_size, y_size, taps, stride, padding);
        if (gathered)
            return forward_axis(y_size, y_size, 1, 1, 0);
        return forward_axis(x_size, y_size, taps, stride, padding);
    }

    Maps its(const float *seen) const
    {
        if (direction == backward_data)
            return {seen, p.batch, p.y_height, p.y_width, p.outputs, nullptr};
        if (gathered)
            return {seen, p.batch, p.y_height, p.y_width, p.inputs * p.taps(), &p};
        return {seen, p.batch, p.height, p.width, p.inputs, nullptr};
    }

    const Direction direction;
    const Problem &p;
    const bool gathered;
    const Filters order;
    const Axis vertical, horizontal;
};

template <class ItsTiles, int parts>
void convolve(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    const Convolution<ItsTiles, parts> convolution(direction, p);
    if (direction == forward)
        convolution.sum(x, filters, y);
    else if (direction == backward_data)
        convolution.sum(y, filters, x);
    else
        convolution.sum_over_pixels(x, y, filters);
}

template <class ItsTiles>
void convolve(Direction direction, const Problem &p, int parts, float *x, float *filters, float *y)
{
    (parts == 1   ? convolve<ItsTiles, 1>
     : parts == 2 ? convolve<ItsTiles, 2>
                  : convolve<ItsTiles, 3>)(direction, p, x, filters, y);
}

}  // namespace

bool tiles_suit(Direction direction, const Problem &p)
{
    const long pixels = p.y_height * p.y_width, its_depth = depth(direction, p),
               room = pieces(its_depth, tile_depth) * tile_depth,
               columns = direction == backward_data ? p.inputs : p.outputs,
               of_seen = direction == backward_data || gathers(direction, p) ? pixels
                                                                            : p.height * p.width,
               laid_out = of_seen * room + (direction == backward_weights ? pixels * p.outputs : 0),
               products = pixels * (gathers(direction, p) ? 1 : p.taps()) * its_depth
                          * pieces(columns, tile_side) * tile_side;
    // On a Xeon with AMX (Sapphire Rapids) splitting a number and laying it out takes as long as
    // some 30 products by vectors.
    return p.batch >= tile_side && its_depth >= tile_side && products >= 30 * laid_out;
}

void convolve_by_tiles(Direction direction, const Problem &p, int parts, float *x, float *filters,
                       float *y, [[maybe_unused]] bool emulated)
{
#ifdef __AMX_BF16__
    if (!emulated) {
        convolve<Tiles>(direction, p, parts, x, filters, y);
        return;
    }
#endif
    convolve<EmulatedTiles>(direction, p, parts, x, filters, y);
}
