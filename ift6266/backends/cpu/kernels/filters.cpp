#include "filters.h"

#include <algorithm>

#include "share.h"

// Terms of the place that grow by so much with each step.
static std::vector<long> steps(long count, long step)
{
    std::vector<long> result(count);
    for (long index = 0; index < count; index++)
        result[index] = index * step;
    return result;
}

Filters::Filters(Direction direction, const Problem &p, Tap tap, long block, long multiple)
    : block(block), of_column(steps(p.outputs, p.inputs * p.taps())), of_tap(steps(p.taps(), 1)),
      of_depth(steps(p.inputs, p.taps()))
{
    if (direction == backward_data)
        std::swap(of_column, of_depth);
    if (p.turned)
        std::reverse(of_tap.begin(), of_tap.end());
    if (tap != each_place) {
        const long together = tap == each_row ? p.filter_width : p.taps();
        std::vector<long> of_groups, of_group;
        for (long first = 0; first < p.taps(); first += together)
            of_groups.push_back(of_tap[first] - of_tap[0]);
        for (long place = 0; place < together; place++)
            for (long of_input : of_depth)
                of_group.push_back(of_tap[place] + of_input);
        of_tap = of_groups;
        of_depth = of_group;
    }
    taps = of_tap.size();
    depth = of_depth.size();
    room = (depth + multiple - 1) / multiple * multiple;
    columns = of_column.size();
}

// Both directions go through a tile (tap, column) that stays in the cache: in the filters and among
// the packed its rows may lie so that they push each other out of it.

void Filters::pack(const float *filters, float *packed) const
{
#pragma omp parallel num_threads(team(4 * size()))
    {
        std::vector<float> tile(taps * block);
#pragma omp for collapse(2)
        for (long first = 0; first < columns; first += block)
            for (long index = 0; index < depth; index++) {
                for (long column = first; column < std::min(first + block, columns); column++)
                    for (long tap = 0; tap < taps; tap++)
                        tile[tap * block + column - first]
                            = filters[of_column[column] + of_depth[index] + of_tap[tap]];
                if (first + block > columns)  // the tile has other columns from another block
                    for (long tap = 0; tap < taps; tap++)
                        std::fill_n(&tile[tap * block + columns - first], first + block - columns,
                                    0.f);
                for (long tap = 0; tap < taps; tap++)
                    std::copy_n(&tile[tap * block], block, row(packed, first, tap, index));
            }
    }
}

void Filters::unpack(const float *packed, float *filters) const
{
#pragma omp parallel num_threads(team(4 * size()))
    {
        std::vector<float> tile(taps * block);
#pragma omp for collapse(2)
        for (long first = 0; first < columns; first += block)
            for (long index = 0; index < depth; index++) {
                for (long tap = 0; tap < taps; tap++)
                    std::copy_n(row(packed, first, tap, index), block, &tile[tap * block]);
                for (long column = first; column < std::min(first + block, columns); column++)
                    for (long tap = 0; tap < taps; tap++)
                        filters[of_column[column] + of_depth[index] + of_tap[tap]]
                            = tile[tap * block + column - first];
            }
    }
}
