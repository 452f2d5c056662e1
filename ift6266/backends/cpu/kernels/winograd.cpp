// For each of the 9 or 16 positions there is a product of matrices.  Forward, a row is a tile's
// differences of x, the channels of all phases; it is multiplied by the filters, and the sums of
// neighbouring positions are the tile's pixels of y.  The gradient of the data is made of a tile's
// spread pixels of dy and the filters; that of the filters, of its differences of x and its spread
// pixels of dy, summed over all tiles before anything else is done to it.
//
// As many tiles are taken at a time as the cache holds matrices of.
#include "winograd.h"

#include "exported.h"
#include "innermost.h"
#include "kept_filters.h"
#include "scratch.h"
#include "share.h"
#include "winograd_tiles.h"

static int use = 0;

// 1 wherever it can be done, -1 never, 0 where it pays.
EXPORTED void use_winograd(int when) { use = when; }

// Measured on Zen 3, two cores.  Spreading the filters takes as long as a few dozen tiles save.
// There should be at least as many channels as a vector has numbers: maps (height, width, 3) are
// read number by number.  But in the gradient for these the channels of all phases fill the vectors
// of the products, which saves more where there is much to multiply.
static bool four_by_four_pays(Direction direction, const Problem &p)
{
    const bool enough = WinogradTiles<FourByFour>(p).count() >= 128 && p.outputs >= vector_length,
               wide = p.inputs >= vector_length || (direction == backward_data && p.outputs >= 64);
    return enough && wide;
}

// Measured on a Xeon, two cores, compiled for AVX-512 and for AVX2: with 128 tiles 512x512 filters
// take as long by the definition; for AVX2 the gradient of the data of 16 outputs does.
static bool stride_of_one_pays(Direction direction, const Problem &p)
{
    const long tiles = WinogradTiles<ThreeByThree>(p).count();
    const bool wide = p.outputs >= vector_length && p.inputs >= vector_length,
               slow = registers < 32 && direction == backward_data && p.outputs <= 16;
    return tiles >= 256 && wide && !slow;
}

template <class F> static bool is(const Problem &p)
{
    return p.filter_height == F::size && p.filter_width == F::size && p.stride_height == F::stride
           && p.stride_width == F::stride;
}

bool winograd_pays(Direction direction, const Problem &p)
{
    if (!p.inputs || !p.outputs || use < 0)
        return false;
    if (is<FourByFour>(p))
        return use > 0 || four_by_four_pays(direction, p);
    return (is<ThreeByThree>(p) || is<FiveByFive>(p))
           && (use > 0 || stride_of_one_pays(direction, p));
}

namespace {

constexpr long cached = 65536,  // numbers: half of a small second-level cache
    tiles_at_a_time = 64;       // whose products are summed apart, for smaller rounding errors

// Sums that a thread adds to.  Each time it spreads dy anew, which takes longer to 4x4 positions
// than to read sums from beyond that cache: measured with 256 and 512 channels on a Xeon.
template <class F> constexpr long most_sums = F::stride == 1 ? 4 * cached : cached;

long rounded_up(long number, long unit) { return (number + unit - 1) / unit * unit; }

// The size of the parts to divide `count` things into, each of which has `numbers` in the cache: as
// many parts for each thread, of whole tiles of the innermost loops.
long part(long count, long numbers, int threads, long its_cache = cached)
{
    const long most = std::max(1L, its_cache / numbers / tile_rows) * tile_rows,
               parts = rounded_up(std::max(1L, rounded_up(count, most) / most), threads);
    return std::max(1L, rounded_up(count, parts * tile_rows) / parts);
}

template <class F>
long tiles_taken(const WinogradTiles<F> &tiles, int threads)
{
    const Problem &p = tiles.p;
    return part(tiles.count(), F::positions * (F::phases * p.inputs + p.outputs), threads);
}

// Zeros to read, and memory to write to, where a tile reaches beyond the feature maps.
struct Beyond {
    float *nowhere;
    const float *zeros;

    Beyond(Scratch &scratch, const Problem &p)
    {
        const long channels = std::max(p.inputs, p.outputs);
        nowhere = scratch.floats(2 * channels);
        std::fill_n(nowhere + channels, channels, 0.f);
        zeros = nowhere + channels;
    }
};

// The rows' part of a tile's differences of x, in whole vectors; a row is the channel of a phase.
template <class F>
void write_differences_of(const WinogradTiles<F> &tiles, const WinogradTile &tile, const float *x,
                          Share rows, const Beyond &beyond, const Matrices &differences, long index)
{
    const long inputs = tiles.p.inputs;
    for (long phase = rows.begin / inputs; phase * inputs < rows.end; phase++) {
        const long first = phase * inputs,
                   from = std::max(0L, rows.begin - first) / vector_length * vector_length,
                   to = std::min(inputs, rounded_up(rows.end - first, vector_length));
        const float *pixels[F::positions];
        tiles.see(x, tile, phase, beyond.zeros, pixels);
        for (const float *&pixel : pixels)
            pixel += from;
        write_differences<F>(pixels, to - from, differences.at(0, index, first + from),
                          differences.position_step, 2 * F::stride * inputs);
    }
}

template <class F>
void write_spread_of(const WinogradTiles<F> &tiles, const WinogradTile &tile, const float *dy,
                     const Beyond &beyond, const Matrices &factors, long index)
{
    const float *pixels[4];
    tiles.own(dy, tile, beyond.zeros, pixels);
    write_spread<F>(pixels, tiles.p.outputs, factors.at(0, index), factors.position_step);
}

// sums (tile, column) = factors (tile, row) times the filters (row, column), for each position;
// of the filters some panels.
template <class F, int rows, int vectors>
void multiply(const Matrices &factors, long tiles, const WinogradFilters<F> &order,
              const float *filters, Share panels, const Matrices &sums)
{
    const long whole = 0, block = order.block;
    for (long position = 0; position < F::positions; position++)
        for (long column = panels.begin * block; column < panels.end * block; column += block)
            for (long first = 0; first < tiles; first += rows) {
                const float *source[rows];
                float *result[rows];
                for (long row = 0; row < rows; row++) {  // the last tile may come repeatedly
                    const long tile = std::min(first + row, tiles - 1);
                    source[row] = factors.at(position, tile);
                    result[row] = sums.at(position, tile, column);
                }
                sum_of_products<rows, vectors>(source, &whole, 1, order.rows,
                                              order.at(filters, position, 0, column), result,
                                              std::min(block, order.columns - column));
            }
}

template <class F>
void multiply(const Matrices &factors, long tiles, const WinogradFilters<F> &order,
              const float *filters, Share panels, const Matrices &sums)
{
    auto function = order.block == vector_length ? multiply<F, 2 * tile_rows, 1>
                                                 : multiply<F, tile_rows, 2>;
    function(factors, tiles, order, filters, panels, sums);
}

// Some rows of the sums (row, column) += sum over tiles of differences (row, 1) times factors
// (1, column), for each position.
template <class F>
void add_products(const Matrices &differences, const Matrices &factors, long tiles, Share rows,
                  const WinogradFilters<F> &order, float *sums)
{
    const long full = rows_of_tile(order.block);
    const float *seen[tiles_at_a_time];
    long places[tiles_at_a_time];
    for (long position = 0; position < F::positions; position++) {
        for (long index = 0; index < tiles; index++) {
            seen[index] = differences.at(position, index);
            places[index] = index * factors.step;
        }
        for (long column = 0; column < order.columns; column += order.block)
            for (long row = rows.begin; row < rows.end; row += full)
                outer_products(order.block, std::min(full, rows.end - row))(
                    seen, row, factors.at(position, 0, column), places, tiles,
                    order.at(sums, position, row, column));
    }
}

// Pixels that no tile reaches have no gradient.
void clear_unreached(const WinogradTiles<FourByFour> &tiles, Share pictures, float *dx)
{
    const Problem &p = tiles.p;
    if (tiles.height() == p.height && tiles.width() == p.width)
        return;
    for (long row = pictures.begin * p.height; row < pictures.end * p.height; row++) {
        const long reached = row % p.height < tiles.height() ? tiles.width() : 0;
        std::fill_n(dx + (row * p.width + reached) * p.inputs, (p.width - reached) * p.inputs, 0.f);
    }
}

// Adds the contribution of a tile to the pixels of some phases, or writes it where the tile is the
// first to reach them: tiles come row by row.
void add_tile(const WinogradTiles<FourByFour> &tiles, const WinogradTile &tile, Share its_phases,
              const Matrices &sums, long index, const Beyond &beyond, float *dx)
{
    const long inputs = tiles.p.inputs;
    for (long phase = its_phases.begin; phase < its_phases.end; phase++) {
        float *pixels[9];
        const float *before[9];
        tiles.see(dx, tile, phase, beyond.nowhere, pixels);
        for (int place = 0; place < 9; place++) {
            const bool above = place / 3 == 0 && tile.row > 0,
                       left = place % 3 == 0 && tile.column > 0;
            before[place] = above || left ? pixels[place] : beyond.zeros;
        }
        add_differences(sums.at(0, index, phase * inputs), sums.position_step, inputs, before,
                        pixels);
    }
}

template <class F>
void forward_by_winograd(const Problem &p, const float *x, const WinogradFilters<F> &order,
                         const float *filters, float *y)
{
    const WinogradTiles<F> tiles(p);
    const int threads = team(p.work());
    const long count = tiles.count(), step = tiles_taken(tiles, threads);
#pragma omp parallel num_threads(threads)
    {
        static thread_local Scratch its_differences, its_sums, its_beyond;
        const Matrices differences(its_differences, F::positions, step, order.rows),
            sums(its_sums, F::positions, step, order.columns);
        const Beyond beyond(its_beyond, p);
#pragma omp for schedule(dynamic)
        for (long first = 0; first < count; first += step) {
            const long here = std::min(step, count - first);
            for (long index = 0; index < here; index++)
                write_differences_of(tiles, tiles.at(first + index), x, {0, order.rows}, beyond,
                                     differences, index);
            multiply(differences, here, order, filters, {0, order.panels()}, sums);
            for (long index = 0; index < here; index++) {
                float *pixels[4];
                tiles.own(y, tiles.at(first + index), beyond.nowhere, pixels);
                write_pixels<F>(sums.at(0, index), sums.position_step, p.outputs, pixels);
            }
        }
    }
}

// Neighbouring tiles add to the same pixels, so a picture stays with one thread.  If there are few
// pictures their phases are divided.
void backward_data_by_winograd(const Problem &p, const float *dy,
                               const WinogradFilters<FourByFour> &order, const float *filters,
                               float *dx)
{
    using F = FourByFour;
    const WinogradTiles<F> tiles(p);
    const int threads = team(p.work());
    const long step = tiles_taken(tiles, threads), each = tiles.each(),
               pictures = std::max(1L, step / std::max(1L, each)),
               together = p.batch < 4 * threads && p.inputs % order.block == 0 ? 1 : F::phases;
#pragma omp parallel num_threads(threads)
    {
        static thread_local Scratch its_factors, its_sums, its_beyond;
        const Matrices factors(its_factors, F::positions, step, order.rows),
            sums(its_sums, F::positions, step, order.columns);
        const Beyond beyond(its_beyond, p);
#pragma omp for collapse(2) schedule(dynamic)
        for (long phase = 0; phase < F::phases; phase += together)
            for (long picture = 0; picture < p.batch; picture += pictures) {
                const long end = std::min(picture + pictures, p.batch);
                if (phase == 0)
                    clear_unreached(tiles, {picture, end}, dx);
                for (long first = picture * each; first < end * each; first += step) {
                    const long here = std::min(step, end * each - first);
                    for (long index = 0; index < here; index++)
                        write_spread_of(tiles, tiles.at(first + index), dy, beyond, factors, index);
                    multiply(factors, here, order, filters,
                             {order.panels() * phase / F::phases,
                              order.panels() * (phase + together) / F::phases}, sums);
                    for (long index = 0; index < here; index++)
                        add_tile(tiles, tiles.at(first + index), {phase, phase + together}, sums,
                                 index, beyond, dx);
                }
            }
    }
}

// Each thread makes other sums: of some rows, over all tiles.
template <class F>
void backward_weights_by_winograd(const Problem &p, const float *x, const float *dy,
                                  const WinogradFilters<F> &order, float *sums)
{
    const WinogradTiles<F> tiles(p);
    const int threads = team(p.work());
    const long count = tiles.count(),
               step = part(order.rows, F::positions * p.outputs, threads, most_sums<F>);
#pragma omp parallel num_threads(threads)
    {
        static thread_local Scratch its_differences, its_factors, its_beyond;
        const Matrices differences(its_differences, F::positions, tiles_at_a_time, order.rows),
            factors(its_factors, F::positions, tiles_at_a_time, order.panels() * order.block);
        const Beyond beyond(its_beyond, p);
#pragma omp for schedule(dynamic)
        for (long begin = 0; begin < order.rows; begin += step) {
            const Share rows{begin, std::min(begin + step, order.rows)};
            for (long position = 0; position < F::positions; position++)
                for (long column = 0; column < order.columns; column += order.block)
                    std::fill_n(order.at(sums, position, begin, column),
                                (rows.end - begin) * order.block, 0.f);
            for (long first = 0; first < count; first += tiles_at_a_time) {
                const long here = std::min(tiles_at_a_time, count - first);
                for (long index = 0; index < here; index++) {
                    const WinogradTile tile = tiles.at(first + index);
                    write_differences_of(tiles, tile, x, rows, beyond, differences, index);
                    write_spread_of(tiles, tile, dy, beyond, factors, index);
                }
                add_products(differences, factors, here, rows, order, sums);
            }
        }
    }
}

// With a stride of 1 the gradient of the data is a convolution, too, with the filters turned.
Problem mirrored(const Problem &p)
{
    return {p.batch, p.y_height, p.y_width, p.outputs, p.height, p.width, p.inputs,
            p.filter_height, p.filter_width, 1, 1, p.filter_height - 1 - p.top,
            p.filter_width - 1 - p.left, !p.turned};
}

template <class F>
void convolve(Direction direction, const Problem &p, float *x, float *filters, float *y)
{
    const bool by_mirror = direction == backward_data && F::stride == 1;
    const WinogradFilters<F> order(direction, p, bool(p.turned) != by_mirror);
    if (direction == backward_weights) {
        static thread_local Scratch scratch;
        float *packed = scratch.floats(order.size());
        backward_weights_by_winograd(p, x, y, order, packed);
        order.unpack(packed, filters);
        return;
    }
    const Packed packed = kept_filters(packed_for_winograd, direction, p, filters, order.size(),
                                       [&](float *packed) { order.pack(filters, packed); });
    if constexpr (F::stride == 2)
        if (direction == backward_data)
            return backward_data_by_winograd(p, y, order, packed.get(), x);
    by_mirror ? forward_by_winograd(mirrored(p), y, order, packed.get(), x)
              : forward_by_winograd(p, x, order, packed.get(), y);
}

}  // namespace

void convolve_by_winograd(Direction direction, const Problem &p, float *x, float *filters,
                          float *y)
{
    auto function = is<FourByFour>(p)     ? convolve<FourByFour>
                    : is<ThreeByThree>(p) ? convolve<ThreeByThree>
                                          : convolve<FiveByFive>;
    function(direction, p, x, filters, y);
}
