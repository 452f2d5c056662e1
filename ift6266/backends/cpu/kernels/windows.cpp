// Windows of pixels, rows x columns of them, that do not overlap: their maxima, their sums, and
// pixels written to whole windows.
#include <algorithm>

#include "arrays.h"
#include "exported.h"
#include "share.h"

namespace {

// C-contiguous feature maps (batch, height, width, channel).
struct Maps {
    float *data;
    long batch, height, width, channels;

    float *at(long picture, long row, long column) const
    {
        return data + ((picture * height + row) * width + column) * channels;
    }
    long count() const { return batch * height * width * channels; }
};

Maps maps(PyObject *object, Use use)
{
    PyArrayObject *array = floats(object, use);
    if (PyArray_NDIM(array) != 4)
        throw std::invalid_argument("an array does not have four axes");
    const npy_intp *sizes = PyArray_DIMS(array);
    const Maps result{numbers(array), sizes[0], sizes[1], sizes[2], sizes[3]};
    contiguous(object, result.count(), use);
    return result;
}

struct Window {
    long rows, columns;
};

void require_windows(const Maps &pixels, const Maps &windows, Window size)
{
    if (size.rows < 1 || size.columns < 1 || pixels.batch != windows.batch
        || pixels.channels != windows.channels || pixels.height / size.rows != windows.height
        || pixels.width / size.columns != windows.width)
        throw std::invalid_argument("the shapes of the arrays do not fit together");
}

// Calls function(picture, row, column) for each window, in some threads.
template <class Function> void for_windows(const Maps &windows, long work, Function function)
{
#pragma omp parallel for collapse(2) num_threads(team(work))
    for (long picture = 0; picture < windows.batch; picture++)
        for (long row = 0; row < windows.height; row++)
            for (long column = 0; column < windows.width; column++)
                function(picture, row, column);
}

// Calls function(pixel, first) for each pixel of a window.
template <class Function>
void for_pixels(const Maps &pixels, Window size, long picture, long row, long column,
                Function function)
{
    for (long down = 0; down < size.rows; down++)
        for (long right = 0; right < size.columns; right++)
            function(pixels.at(picture, row * size.rows + down, column * size.columns + right),
                     !down && !right);
}

// Zeros in the rows and columns that no window reaches.
void clear_unreached(const Maps &pixels, const Maps &windows, Window size)
{
    const long height = windows.height * size.rows, width = windows.width * size.columns;
    if (height == pixels.height && width == pixels.width)
        return;
    for (long picture = 0; picture < pixels.batch; picture++)
        for (long row = 0; row < pixels.height; row++) {
            const long reached = row < height ? width : 0;
            std::fill_n(pixels.data + ((picture * pixels.height + row) * pixels.width + reached)
                                          * pixels.channels,
                        (pixels.width - reached) * pixels.channels, 0.f);
        }
}

// y = combine(combine(first, second), third) ... of the numbers of a window.
template <class Combine>
int reduce(PyObject *x_array, long rows, long columns, PyObject *y_array, Combine combine)
{
    return guarded([=] {
        const Maps x = maps(x_array, is_read), y = maps(y_array, is_written);
        const Window size{rows, columns};
        require_windows(x, y, size);
        for_windows(y, x.count(), [&](long picture, long row, long column) {
            float *result = y.at(picture, row, column);
            for_pixels(x, size, picture, row, column, [&](const float *pixel, bool first) {
                if (first)
                    std::copy_n(pixel, x.channels, result);
                else
#pragma omp simd
                    for (long channel = 0; channel < x.channels; channel++)
                        result[channel] = combine(result[channel], pixel[channel]);
            });
        });
    });
}

}  // namespace

// y = the largest number of a window.
EXPORTED int max_pool(PyObject *x, long rows, long columns, PyObject *y)
{
    return reduce(x, rows, columns, y,
                  [](float largest, float number) { return number > largest ? number : largest; });
}

// dx = dy where x is the largest number of its window, each of them, and 0 elsewhere.
EXPORTED int max_pool_backward(PyObject *x_array, PyObject *y_array, PyObject *dy_array, long rows,
                               long columns, PyObject *dx_array)
{
    return guarded([=] {
        const Maps x = maps(x_array, is_read), y = maps(y_array, is_read),
                   dy = maps(dy_array, is_read), dx = maps(dx_array, is_written);
        const Window size{rows, columns};
        require_windows(x, y, size);
        require_windows(x, dx, {1, 1});
        require_windows(y, dy, {1, 1});
        for_windows(y, 2 * x.count(), [&](long picture, long row, long column) {
            const float *largest = y.at(picture, row, column),
                        *gradient = dy.at(picture, row, column);
            for_pixels(x, size, picture, row, column, [&](const float *pixel, bool) {
                float *result = dx.data + (pixel - x.data);
#pragma omp simd
                for (long channel = 0; channel < x.channels; channel++)
                    result[channel] = pixel[channel] == largest[channel] ? gradient[channel] : 0;
            });
        });
        clear_unreached(dx, y, size);
    });
}

// y = the sum of the numbers of a window.
EXPORTED int sum_windows(PyObject *x, long rows, long columns, PyObject *y)
{
    return reduce(x, rows, columns, y, [](float sum, float number) { return sum + number; });
}

// Every pixel of a window of y = the pixel of x that stands for it.
EXPORTED int enlarge(PyObject *x_array, long rows, long columns, PyObject *y_array)
{
    return guarded([=] {
        const Maps x = maps(x_array, is_read), y = maps(y_array, is_written);
        const Window size{rows, columns};
        require_windows(y, x, size);
        if (y.height != x.height * rows || y.width != x.width * columns)
            throw std::invalid_argument("the shapes of the arrays do not fit together");
        for_windows(x, y.count(), [&](long picture, long row, long column) {
            const float *pixel = x.at(picture, row, column);
            for_pixels(y, size, picture, row, column, [&](float *copy, bool) {
                std::copy_n(pixel, x.channels, copy);
            });
        });
    });
}
