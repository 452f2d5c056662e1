// Batch normalization (Ioffe and Szegedy 2015, Algorithm 1) with a leaky ReLU, and its gradient.
//
// A feature map is rows of channels.  Each of two passes goes through the rows in memory order:
// the first one makes sums for each channel, the second one transforms,
//     y = act(factor (x - mean) + bias),  factor = scale inv_std,
//     act(z) = z where z > 0, slope z elsewhere.
#include <cmath>
#include <vector>

#include "arrays.h"
#include "exported.h"
#include "share.h"

namespace {

// Two sums for each channel over all rows.  Four rows are added up at a time, a block of rows in
// float32, and the blocks in double: nearly as fast as memory is read.
class ChannelSums {
public:
    explicit ChannelSums(long channels)
        : channels(channels), totals(omp_get_max_threads() * 2 * channels) {}

    // Within a parallel region.  Calls add(row, rows, first, second), which adds what so many rows
    // (four, or one at the end) contribute to the sums, for each of the calling thread's rows.
    template <class Add> void over(long rows, Add add)
    {
        const long block = 128;  // a choice: float32 sums of so many rows lose few bits
        Share mine = share(rows, 4);
        double *total = &totals[omp_get_thread_num() * 2 * channels];
        std::vector<float> sums(2 * channels);
        for (long begin = mine.begin; begin < mine.end; begin += block) {
            long end = std::min(begin + block, mine.end), row = begin;
            std::fill(sums.begin(), sums.end(), 0.f);
            for (; row + 4 <= end; row += 4)
                add(row, std::integral_constant<int, 4>(), &sums[0], &sums[channels]);
            for (; row < end; row++)
                add(row, std::integral_constant<int, 1>(), &sums[0], &sums[channels]);
            for (long index = 0; index < 2 * channels; index++)
                total[index] += sums[index];
        }
    }

    double first(long channel) const { return total(channel); }
    double second(long channel) const { return total(channels + channel); }

private:
    double total(long index) const
    {
        double result = 0;
        for (; index < long(totals.size()); index += 2 * channels)
            result += totals[index];
        return result;
    }

    long channels;
    std::vector<double> totals;  // (thread, sum, channel)
};

inline float activate(float z, float slope) { return z > 0 ? z : slope * z; }

// The gradient of act(z), times that for its result.
inline float rectified(float gradient, float z, float slope)
{
    return z > 0 ? gradient : slope * gradient;
}

// y = act(z(x, channel)), each thread its rows.
template <class Function>
void transform(const Rows &x, const Rows &y, float slope, Function z)
{
    Share mine = share(x.count);
    for (long row = mine.begin; row < mine.end; row++) {
        const float *in = x.row(row);
        float *out = y.row(row);
#pragma omp simd
        for (long channel = 0; channel < x.channels; channel++)
            out[channel] = activate(z(in[channel], channel), slope);
    }
}

}  // namespace

// The sums are of x less its first row: the variance of numbers far from 0 keeps its digits.
EXPORTED int normalize(PyObject *x_array, PyObject *scale_array, PyObject *bias_array,
                       double epsilon, float slope, PyObject *y_array, PyObject *mean_array,
                       PyObject *inv_std_array)
{
    return guarded([=] {
        const Rows x = rows(x_array, is_read), y = rows_like(y_array, x, is_written);
        const long channels = x.channels;
        const float *scale = contiguous(scale_array, channels, is_read),
                    *bias = contiguous(bias_array, channels, is_read);
        float *mean = contiguous(mean_array, channels, is_written),
              *inv_std = contiguous(inv_std_array, channels, is_written);
        if (!x.count)
            throw std::invalid_argument("an empty batch has no mean");
        ChannelSums sums(channels);
        std::vector<float> factors(channels);
        float *factor = factors.data();
        const float *origin = x.data;
#pragma omp parallel num_threads(team(x.count * channels))
        {
            sums.over(x.count, [&](long row, auto rows, float *sum, float *squares) {
#pragma omp simd
                for (long channel = 0; channel < channels; channel++) {
                    float added = 0, squared = 0;
                    for (int next = 0; next < rows; next++) {
                        float value = x.row(row + next)[channel] - origin[channel];
                        added += value;
                        squared += value * value;
                    }
                    sum[channel] += added;
                    squares[channel] += squared;
                }
            });
#pragma omp barrier
#pragma omp single
            for (long channel = 0; channel < channels; channel++) {
                double offset = sums.first(channel) / x.count,
                       variance = sums.second(channel) / x.count - offset * offset;
                mean[channel] = origin[channel] + offset;
                inv_std[channel] = 1 / std::sqrt(std::max(variance, 0.) + epsilon);
                factor[channel] = scale[channel] * inv_std[channel];
            }
            transform(x, y, slope, [=](float value, long channel) {
                return factor[channel] * (value - mean[channel]) + bias[channel];
            });
        }
    });
}

namespace {

struct Backward {
    Rows x, dy, dy2, dx;
    const float *scale, *bias, *mean, *inv_std;
    float slope, *dscale, *dbias;
};

// With z = factor (x - mean) + bias, g = act'(z) dy and normal = (x - mean) inv_std,
//     dbias = sum g,  dscale = sum g normal,
//     dx = factor (g - dbias / rows - normal dscale / rows);
// dy is the sum of two where there are two.
template <bool two> void backward(const Backward &of)
{
    const Rows x = of.x, dy = of.dy, dy2 = of.dy2, dx = of.dx;
    const float *scale = of.scale, *bias = of.bias, *mean = of.mean, *inv_std = of.inv_std;
    const float slope = of.slope;
    const long channels = x.channels;
    std::vector<float> factors(channels), slopes(channels), constants(channels);
    float *factor = factors.data(), *by_x = slopes.data(), *constant = constants.data();
    for (long channel = 0; channel < channels; channel++)
        factor[channel] = scale[channel] * inv_std[channel];
    ChannelSums sums(channels);
#pragma omp parallel num_threads(team(x.count * channels))
    {
        sums.over(x.count, [=](long row, auto rows, float *sum, float *products) {
            const float *in = x.row(row), *first = dy.row(row), *second = dy2.row(row);
#pragma omp simd
            for (long channel = 0; channel < channels; channel++) {
                float added = 0, multiplied = 0;
                for (int next = 0; next < rows; next++) {
                    float value = in[next * x.stride + channel] - mean[channel],
                          gradient = first[next * dy.stride + channel];
                    if (two)
                        gradient += second[next * dy2.stride + channel];
                    gradient = rectified(gradient, factor[channel] * value + bias[channel], slope);
                    added += gradient;
                    multiplied += gradient * value;
                }
                sum[channel] += added;
                products[channel] += multiplied;
            }
        });
#pragma omp barrier
#pragma omp single
        for (long channel = 0; channel < channels; channel++) {
            of.dbias[channel] = sums.first(channel);
            of.dscale[channel] = sums.second(channel) * inv_std[channel];
            // dx = factor g + by_x (x - mean) + constant
            by_x[channel] = -factor[channel] * inv_std[channel] * of.dscale[channel] / x.count;
            constant[channel] = -factor[channel] * of.dbias[channel] / x.count;
        }
        Share mine = share(x.count);
        for (long row = mine.begin; row < mine.end; row++) {
            const float *in = x.row(row), *first = dy.row(row), *second = dy2.row(row);
            float *out = dx.row(row);
#pragma omp simd
            for (long channel = 0; channel < channels; channel++) {
                float value = in[channel] - mean[channel],
                      gradient = two ? first[channel] + second[channel] : first[channel];
                gradient = rectified(gradient, factor[channel] * value + bias[channel], slope);
                out[channel] = factor[channel] * gradient + by_x[channel] * value
                               + constant[channel];
            }
        }
    }
}

}  // namespace

EXPORTED int normalize_backward(PyObject *x_array, PyObject *dy_array, PyObject *dy2_array,
                                PyObject *scale, PyObject *bias, PyObject *mean,
                                PyObject *inv_std, float slope, PyObject *dx_array,
                                PyObject *dscale, PyObject *dbias)
{
    return guarded([=] {
        const Rows x = rows(x_array, is_read), dy = rows_like(dy_array, x, is_read),
                   dx = rows_like(dx_array, x, is_written);
        auto given = [=](PyObject *array) { return contiguous(array, x.channels, is_read); };
        auto result = [=](PyObject *array) { return contiguous(array, x.channels, is_written); };
        Backward of{x, dy, dy, dx, given(scale), given(bias), given(mean), given(inv_std),
                    slope, result(dscale), result(dbias)};
        if (dy2_array == Py_None)
            return backward<false>(of);
        of.dy2 = rows_like(dy2_array, x, is_read);
        backward<true>(of);
    });
}

// The sum of each channel over all rows: the gradient of what is added to it.
EXPORTED int sum_channels(PyObject *x_array, PyObject *sums_array)
{
    return guarded([=] {
        const Rows x = rows(x_array, is_read);
        float *result = contiguous(sums_array, x.channels, is_written);
        ChannelSums sums(x.channels);
#pragma omp parallel num_threads(team(x.count * x.channels))
        sums.over(x.count, [&](long row, auto rows, float *sum, float *) {
#pragma omp simd
            for (long channel = 0; channel < x.channels; channel++) {
                float added = 0;
                for (int next = 0; next < rows; next++)
                    added += x.row(row + next)[channel];
                sum[channel] += added;
            }
        });
        for (long channel = 0; channel < x.channels; channel++)
            result[channel] = sums.first(channel);
    });
}

// Normalization with a given mean and variance: y = act(factor x + shift).
EXPORTED int affine(PyObject *x_array, PyObject *factor_array, PyObject *shift_array, float slope,
                    PyObject *y_array)
{
    return guarded([=] {
        const Rows x = rows(x_array, is_read), y = rows_like(y_array, x, is_written);
        const float *factor = contiguous(factor_array, x.channels, is_read),
                    *shift = contiguous(shift_array, x.channels, is_read);
#pragma omp parallel num_threads(team(x.count * x.channels))
        transform(x, y, slope, [=](float value, long channel) {
            return factor[channel] * value + shift[channel];
        });
    });
}
