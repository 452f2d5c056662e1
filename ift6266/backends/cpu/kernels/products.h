// The two kinds of products that convolutions and their gradients are made of.
#pragma once
#include "axes.h"
#include "filters.h"

// y (batch, vertical, horizontal, columns) = sum over taps of the row of x that a tap sees
// (1, depth) times its filters (depth, columns), packed in blocks of one vector or two.
void sum_products(const Seen &x, const Axis &vertical, const Axis &horizontal, long batch,
                  const Filters &order, const float *filters, float *y, long work);

// The filters (depth, columns) of each tap = sum over pixels of the row of x that the tap sees
// (depth, 1) times the row of dy (1, columns); they are packed in blocks of one vector or two.
void sum_outer_products(const Seen &x, const Axis &vertical, const Axis &horizontal, long batch,
                        const Filters &order, const float *dy, float *filters, long work);
