// The logistic function, 1 / (1 + exp(-x)), and the hyperbolic tangent, of as many numbers at a
// time as a vector holds.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "arrays.h"
#include "exported.h"
#include "share.h"

namespace {

// exp(x) = 2^n exp(r) with r in [-ln(2)/2, ln(2)/2], of which the Taylor series is added up as far
// as float32 sees it.  ln(2) comes in two parts, so that r is exact.  Beyond the limits the sigmoid
// is 1 to float32, or less than 1e-37.
inline float exponential(float x)
{
    x = std::min(std::max(x, -87.f), 87.f);  // in this order what is not a number remains so
    const float n = std::nearbyint(x * 1.44269504f), r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float series = 1 / 5040.f;
    for (float coefficient : {1 / 720.f, 1 / 120.f, 1 / 24.f, 1 / 6.f, 1 / 2.f, 1.f, 1.f})
        series = series * r + coefficient;
    const unsigned bits = (unsigned(int(n)) + 127) << 23;  // those of 2^n
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return series * power;
}

// Near 0 an odd polynomial, elsewhere 1 - 2 / (exp(2 |x|) + 1) with the sign of x; the coefficients
// are those of the Cephes library (Moshier 1989).
inline float hyperbolic_tangent(float x)
{
    const float magnitude = std::abs(x), square = x * x,
                far = 1 - 2 / (exponential(2 * magnitude) + 1);
    float series = -5.70498872745e-3f;
    for (float coefficient : {2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f,
                              -3.33332819422e-1f})
        series = series * square + coefficient;
    return std::copysign(magnitude < 0.625f ? magnitude + magnitude * square * series : far, x);
}

// y = function(x), number by number.
template <class Function> int elementwise(PyObject *x_array, PyObject *y_array, Function function)
{
    return guarded([=] {
        const long count = size(floats(x_array, is_read));
        const float *x = contiguous(x_array, count, is_read);
        float *y = contiguous(y_array, count, is_written);
#pragma omp parallel num_threads(team(8 * count))
        {
            const Share mine = share(count, 16);
#pragma omp simd
            for (long index = mine.begin; index < mine.end; index++)
                y[index] = function(x[index]);
        }
    });
}

}  // namespace

EXPORTED int sigmoid(PyObject *x, PyObject *y)
{
    return elementwise(x, y, [](float number) { return 1 / (1 + exponential(-number)); });
}

EXPORTED int tanh_of(PyObject *x, PyObject *y)
{
    return elementwise(x, y, [](float number) { return hyperbolic_tangent(number); });
}
