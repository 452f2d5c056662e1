// Packed filters, kept for as long as the filters that they were made of do not change.
//
// An array of filters is often used several times between two changes: by both passes of the
// critic, or by inference for one picture after another.  An array is identified by its address,
// and compared number by number with what was packed, since anybody may have written to it.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "problem.h"

// The ways to pack the filters of a problem.
enum Packing { packed_for_products, packed_for_winograd, packed_for_tiles };

using Packed = std::shared_ptr<const float>;

// The filters of a problem, packed into `size` numbers by the function, which is called only if
// they are not kept.
Packed kept_filters(Packing packing, Direction direction, const Problem &problem,
                    const float *filters, long size, const std::function<void(float *)> &pack);
