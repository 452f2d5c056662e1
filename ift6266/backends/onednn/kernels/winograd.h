// Convolutions with filters of 4x4 taps and a stride of 2 by Winograd's minimal filtering, which
// multiplies 9 times where the definition does so 16 times, and their gradients.
#pragma once
#include "winograd_filters.h"

// Whether it can be done so, and is faster than by products.h.
bool winograd_pays(Direction direction, const Problem &problem);

void winograd_forward(const Problem &problem, const float *x, const WinogradFilters &order,
                      const float *filters, float *y);

void winograd_backward_data(const Problem &problem, const float *dy, const WinogradFilters &order,
                            const float *filters, float *dx);

// The gradient for spread filters, in the order of the forward direction.
void winograd_backward_weights(const Problem &problem, const float *x, const float *dy,
                               const WinogradFilters &order, float *filters);
