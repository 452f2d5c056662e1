#include "tile_choice.h"

#include <cmath>
#include <vector>

#include "direct_convolution.h"
#include "exported.h"
#include "tile_convolution.h"
#include "tiles.h"

WhichTiles tiles_in_use = no_tiles;

int parts(Precision precision)
{
    return precision == bfloat16 ? 1 : precision == nearly_float32 ? 2 : 3;
}

namespace {

// In the order of the reasons in library.py.
enum Refusal { nothing, compiled_without, not_granted, wrong_results, not_tried };

// Whether convolutions by the processor's tiles come out as those by vectors do.
bool tiles_are_right()
{
    const Problem p{17, 3, 4, 40, 2, 3, 24, 2, 2, 1, 1, 0, 0, 0};
    std::vector<float> arrays[] = {std::vector<float>(p.x_size()),
                                   std::vector<float>(p.filters_size()),
                                   std::vector<float>(p.y_size())};
    uint32_t number = 1;
    for (auto &array : arrays)
        for (float &value : array) {
            number = 1664525 * number + 1013904223;  // Knuth's and Lewis's generator
            value = number * 0x1p-31f - 1;
        }
    for (Direction direction : {forward, backward_data, backward_weights}) {
        std::vector<float> expected[] = {arrays[0], arrays[1], arrays[2]},
                           found[] = {arrays[0], arrays[1], arrays[2]};
        convolve_directly(direction, p, expected[0].data(), expected[1].data(),
                          expected[2].data());
        convolve_by_tiles(direction, p, parts(float32), found[0].data(), found[1].data(),
                          found[2].data(), false);
        double error = 0, whole = 0;
        for (int array = 0; array < 3; array++)
            for (size_t index = 0; index < arrays[array].size(); index++) {
                error += std::pow(found[array][index] - expected[array][index], 2);
                whole += std::pow(expected[array][index], 2);
            }
        if (!(error < 1e-12 * whole))
            return false;
    }
    return true;
}

// Why the processor's tiles are not used.
Refusal refusal_of_tiles()
{
#ifndef __AMX_BF16__
    return compiled_without;
#endif
    if (!tiles_granted())
        return not_granted;
    return tiles_are_right() ? nothing : wrong_results;
}

}  // namespace

EXPORTED int use_tiles(int which)
{
    tiles_in_use = which == emulated_tiles ? emulated_tiles : no_tiles;
    Refusal refusal = nothing;
    if (which == processor_tiles) {
        if (guarded([&] { refusal = refusal_of_tiles(); }))
            refusal = not_tried;
        if (refusal == nothing)
            tiles_in_use = processor_tiles;
    }
    return refusal;
}
