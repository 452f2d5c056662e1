#include "tile_layout.h"

#include <algorithm>
#include <vector>

#include "share.h"

namespace {

// Calls a function with the number of parts as a constant.
template <class Function> void with_parts(long parts, Function function)
{
    if (parts == 1)
        function(std::integral_constant<int, 1>());
    else if (parts == 2)
        function(std::integral_constant<int, 2>());
    else
        function(std::integral_constant<int, 3>());
}

// 16 numbers to their parts, a tile each.
template <int parts>
__attribute__((always_inline)) inline void lay(const float *numbers, Bfloat16 *tile)
{
    for (int index = 0; index < tile_side; index += vector_length) {
        Words words[parts];
        split(load(numbers + index), words);
        for (int part = 0; part < parts; part++)
            reinterpret_cast<HalfWords &>(tile[part * tile_numbers + index])
                = __builtin_convertvector(words[part] >> 16, HalfWords);
    }
}

// 16 numbers and 16 others to their parts, by turns.
template <int parts>
__attribute__((always_inline))
inline void lay_pair(const float *numbers, const float *others, Bfloat16 *tile)
{
    for (int index = 0; index < tile_side; index += vector_length) {
        Words words[parts], other_words[parts];
        split(load(numbers + index), words);
        split(load(others + index), other_words);
        for (int part = 0; part < parts; part++)
            reinterpret_cast<Words &>(tile[part * tile_numbers + 2 * index])
                = words[part] >> 16 | other_words[part];
    }
}

// A square of words as wide as a vector, read from one place and written transposed to another.
void transpose(const uint32_t *from, uint32_t *to)
{
    Words rows[vector_length];
    for (int row = 0; row < vector_length; row++)
        rows[row] = reinterpret_cast<const Words &>(from[row * tile_side]);
    ::transpose(rows);
    for (int row = 0; row < vector_length; row++)
        reinterpret_cast<Words &>(to[row * tile_side]) = rows[row];
}

// A tile, seen as 16 x 16 words.
void transpose(Bfloat16 *tile)
{
    uint32_t words[tile_side * tile_side];
    std::memcpy(words, tile, sizeof words);
    uint32_t result[tile_side * tile_side];
    for (long row = 0; row < tile_side; row += vector_length)
        for (long column = 0; column < tile_side; column += vector_length)
            transpose(words + row * tile_side + column, result + column * tile_side + row);
    std::memcpy(tile, result, sizeof result);
}

// So few numbers that a call of memcpy would take longer.
inline void copy_few(const float *from, long count, float *to)
{
    long index = 0;
    for (; index + vector_length <= count; index += vector_length)
        store(to + index, load(from + index));
    for (; index + 4 <= count; index += 4)
        std::memcpy(to + index, from + index, 4 * sizeof(float));
    for (; index < count; index++)
        to[index] = from[index];
}

// Calls a function for each row of pixels in each group of pictures, with where it begins in each
// picture.  Beyond the last picture there are zeros.
template <class Function>
void for_each_row(const Maps &maps, const TileOrder &order, long room, Function function)
{
    const long row_size = order.width * room, pictures = order.pictures;
#pragma omp parallel num_threads(team(order.size()))
    {
        std::vector<float> copies(pictures * row_size), zeros(row_size);
        std::vector<const float *> rows(pictures);
#pragma omp for collapse(2)
        for (long group = 0; group < order.groups; group++)
            for (long row = 0; row < order.height; row++) {
                for (long index = 0; index < pictures; index++) {
                    const long picture = group * pictures + index;
                    rows[index] = picture < maps.batch
                                      ? maps.row(picture, row, room, &copies[index * row_size])
                                      : zeros.data();
                }
                function(rows.data(), (group * order.height + row) * order.width * order.pixel());
            }
    }
}

}  // namespace

const float *Maps::row(long picture, long row, long room, float *copy) const
{
    if (gathered) {
        gather(picture, row, room, copy);
        return copy;
    }
    const float *pixels = numbers + (picture * height + row) * width * channels;
    if (room == channels)
        return pixels;
    for (long column = 0; column < width; column++)
        std::copy_n(pixels + column * channels, channels, copy + column * room);
    return copy;
}

void Maps::gather(long picture, long row, long room, float *copy) const
{
    const Problem &p = *gathered;
    for (long down = 0; down < p.filter_height; down++) {
        const long seen = row * p.stride_height - p.top + down;
        const bool inside = seen >= 0 && seen < p.height;
        const float *pixels
            = numbers + (picture * p.height + (inside ? seen : 0)) * p.width * p.inputs;
        for (long column = 0; column < width; column++) {
            float *to = copy + column * room + down * p.filter_width * p.inputs;
            const long first = column * p.stride_width - p.left, last = first + p.filter_width;
            if (inside && first >= 0 && last <= p.width) {
                copy_few(pixels + first * p.inputs, p.filter_width * p.inputs, to);
                continue;
            }
            const long begin = std::max(0L, first), end = std::min<long>(p.width, last);
            std::fill_n(to, p.filter_width * p.inputs, 0.f);
            if (inside && begin < end)
                std::copy(pixels + begin * p.inputs, pixels + end * p.inputs,
                          to + (begin - first) * p.inputs);
        }
    }
}

TileOrder pictures_order(const Maps &maps, long parts)
{
    return {tile_side, pieces(maps.batch, tile_side), maps.height, maps.width,
            pieces(maps.channels, tile_depth), parts};
}

// All the tiles of a row of pixels are written one after the other, since that is what memory is
// fast at.
void lay_pictures(const Maps &maps, const TileOrder &order, Bfloat16 *tiles)
{
    with_parts(order.parts, [&](auto parts) {
        for_each_row(maps, order, order.tiles * tile_depth, [&](const float *const *rows, long at) {
            Bfloat16 *to = tiles + at;
            for (long tile = 0; tile < order.width * order.tiles; tile++) {
                for (long picture = 0; picture < tile_side; picture++) {
                    const float *from = rows[picture] + tile * tile_depth;
                    lay<parts>(from, to + picture * tile_depth);
                    lay<parts>(from + tile_side, to + picture * tile_depth + tile_side);
                }
                to += parts * tile_numbers;
            }
        });
    });
}

TileOrder pairs_order(const Maps &maps, long parts, long multiple)
{
    return {tile_depth, pieces(maps.batch, tile_depth), maps.height, maps.width,
            pieces(maps.channels, multiple * tile_side) * multiple, parts};
}

void lay_pairs(const Maps &maps, const TileOrder &order, bool channels_first, Bfloat16 *tiles)
{
    with_parts(order.parts, [&](auto parts) {
        for_each_row(maps, order, order.tiles * tile_side, [&](const float *const *rows, long at) {
            Bfloat16 *to = tiles + at;
            for (long tile = 0; tile < order.width * order.tiles; tile++) {
                for (long pair = 0; pair < tile_side; pair++)
                    lay_pair<parts>(rows[2 * pair] + tile * tile_side,
                                    rows[2 * pair + 1] + tile * tile_side, to + pair * tile_depth);
                for (int part = 0; part < parts; part++, to += tile_numbers)
                    if (channels_first)
                        transpose(to);
            }
        });
    });
}

void lay_filters(const Filters &order, const float *packed, long parts, Bfloat16 *tiles)
{
    const long count = order.blocks() * order.taps * order.room / tile_depth;
    with_parts(parts, [&](auto parts) {
#pragma omp parallel for num_threads(team(4 * order.size()))
        for (long tile = 0; tile < count; tile++) {
            const long depth = tile % (order.room / tile_depth) * tile_depth;
            const float *rows = packed + tile * tile_depth * tile_side;
            Bfloat16 *to = tiles + tile * parts * tile_numbers;
            static const float zeros[tile_side] = {};
            for (long row = 0; row < tile_depth; row += 2) {
                // Beyond the depth nothing is packed.
                const long left = order.depth - depth - row;
                const float *first = rows + row * tile_side, *second = first + tile_side;
                lay_pair<parts>(left > 0 ? first : zeros, left > 1 ? second : zeros,
                                to + row * tile_side);
            }
        }
    });
}
