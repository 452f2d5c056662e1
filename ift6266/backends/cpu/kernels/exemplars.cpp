// Patch-based completion: patches of a picture that resemble those at its hole, and the hole's
// pixels as means of what such patches have there.
//
// Pictures are (height, width, 4) bytes: three colours and a one.  Places are flat indices of
// pixels, and stand for the patches about them.  Fields are (height, width) int32: for each place
// the one found for it, or -1 where none is asked for.  All is done in integers, and places do not
// wait for one another, so that the bits are the same with any number of threads.
#include <algorithm>
#include <cstdint>

#include <immintrin.h>

#include "arrays.h"
#include "exported.h"
#include "share.h"

namespace {

constexpr int reach = 3, side = 2 * reach + 1,
              deepest = 12;  // what DEPTH in ift6266/exemplars.py says

struct Picture {
    uint8_t *data;
    int height, width;

    long count() const { return long(height) * width; }
};

// The seven pixels of a row of a patch, of which the fourth comes twice.
inline __m256i load_row(const uint8_t *pixels)
{
    auto halves = reinterpret_cast<const __m128i *>(pixels);
    auto second = reinterpret_cast<const __m128i *>(pixels + 12);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(halves)),
                                   _mm_loadu_si128(second), 1);
}

// Adds the squared differences of two rows of patches to eight sums.
inline __m256i add_row(__m256i sums, const uint8_t *one, const uint8_t *other)
{
    const __m256i once = _mm256_setr_epi32(-1, -1, -1, -1, 0, -1, -1, -1),
                  zero = _mm256_setzero_si256(), a = load_row(one), b = load_row(other),
                  gap = _mm256_and_si256(
                      once, _mm256_or_si256(_mm256_subs_epu8(a, b), _mm256_subs_epu8(b, a))),
                  low = _mm256_unpacklo_epi8(gap, zero), high = _mm256_unpackhi_epi8(gap, zero);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(low, low));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(high, high));
}

inline int total(__m256i sums)
{
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}

// The patches of a picture; what is about a place must lie in the picture.
struct Patches {
    const uint8_t *first;  // of the patch about place 0, were it in the picture
    long stride;

    explicit Patches(const Picture &picture)
        : first(picture.data - 4 * (reach * long(picture.width) + reach)), stride(4l * picture.width)
    {
    }

    // The sum of squared differences of two patches; where it is not below the limit, any number
    // that is not.
    int difference(long place, long other, int limit) const
    {
        const uint8_t *one = first + 4 * place, *two = first + 4 * other;
        __m256i sums = _mm256_setzero_si256();
        for (int row = 0; row < side; row += 3)
            sums = add_row(sums, one + row * stride, two + row * stride);
        const int some = total(sums);
        if (some >= limit)
            return some;
        for (int row : {1, 2, 4, 5})
            sums = add_row(sums, one + row * stride, two + row * stride);
        return total(sums);
    }
};

// A number that looks random, of two others.
inline uint32_t scramble(uint32_t seed, uint32_t place)
{
    uint32_t number = seed + place * 0x9e3779b1u;
    number = (number ^ number >> 16) * 0x7feb352du;
    number = (number ^ number >> 15) * 0x846ca68bu;
    return number ^ number >> 16;
}

// The numbers of a C-contiguous array of a type.
template <class Number> Number *array_of(PyObject *object, int type, long count, Use use)
{
    if (!is_array(object))
        throw std::invalid_argument("an argument is not a NumPy array");
    auto array = reinterpret_cast<PyArrayObject *>(object);
    if (PyArray_TYPE(array) != type || !PyArray_IS_C_CONTIGUOUS(array))
        throw std::invalid_argument("an array has another type, or is not C-contiguous");
    if (use == is_written && !PyArray_ISWRITEABLE(array))
        throw std::invalid_argument("an array that is to be written is read-only");
    if (size(array) != count)
        throw std::invalid_argument("the shapes of the arrays do not fit together");
    return static_cast<Number *>(PyArray_DATA(array));
}

Picture picture_of(PyObject *object, Use use)
{
    if (!is_array(object))
        throw std::invalid_argument("an argument is not a NumPy array");
    auto array = reinterpret_cast<PyArrayObject *>(object);
    if (PyArray_NDIM(array) != 3 || PyArray_DIM(array, 2) != 4)
        throw std::invalid_argument("a picture has another shape");
    const long height = PyArray_DIM(array, 0), width = PyArray_DIM(array, 1);
    if (height * width > INT32_MAX)
        throw std::invalid_argument("a picture has too many pixels");
    return {array_of<uint8_t>(object, NPY_UINT8, 4 * height * width, use), int(height), int(width)};
}

// Calls function(row, column, place) for all places in some threads.
template <class Function> void for_places(const Picture &picture, Function function)
{
#pragma omp parallel for schedule(dynamic, 4) num_threads(team(8 * picture.count()))
    for (int row = 0; row < picture.height; row++)
        for (int column = 0; column < picture.width; column++)
            function(row, column, long(row) * picture.width + column);
}

}  // namespace

// The nearest of all candidates, the first of equal ones.
EXPORTED int search_exemplars(PyObject *picture_array, PyObject *candidates_array, long choice,
                              PyObject *field_array)
{
    return guarded([=] {
        const Picture picture = picture_of(picture_array, is_read);
        const Patches patches(picture);
        auto candidates = array_of<int32_t>(candidates_array, NPY_INT32, choice, is_read);
        auto field = array_of<int32_t>(field_array, NPY_INT32, picture.count(), is_written);
        for_places(picture, [=](int, int, long place) {
            if (field[place] < 0)
                return;
            int least = INT32_MAX;
            for (long number = 0; number < choice; number++) {
                const int found = patches.difference(place, candidates[number], least);
                if (found < least) {
                    least = found;
                    field[place] = candidates[number];
                }
            }
        });
    });
}

// One pass of PatchMatch (Barnes et al. 2009): each place tries what its four neighbours have
// found, and a random place that is as far as the radius, or half, a quarter ... of it, at most.
EXPORTED int mend_exemplars(PyObject *picture_array, PyObject *usable_array, PyObject *field_array,
                            PyObject *mended_array, int radius, uint32_t seed)
{
    return guarded([=] {
        const Picture picture = picture_of(picture_array, is_read);
        const Patches patches(picture);
        auto usable = array_of<bool>(usable_array, NPY_BOOL, picture.count(), is_read);
        auto field = array_of<int32_t>(field_array, NPY_INT32, picture.count(), is_read);
        auto mended = array_of<int32_t>(mended_array, NPY_INT32, picture.count(), is_written);
        if (radius < 1 || radius >= 1 << 13)
            throw std::invalid_argument("a radius is out of range");
        const int halvings = 32 - __builtin_clz(radius);
        for_places(picture, [=](int, int, long place) {
            int best = field[place];
            if (best >= 0) {
                int least = patches.difference(place, best, INT32_MAX);
                auto attempt = [&](int candidate) {
                    if (candidate == best || !usable[candidate])
                        return;
                    const int found = patches.difference(place, candidate, least);
                    if (found < least) {
                        least = found;
                        best = candidate;
                    }
                };
                // A patch that lies in the picture has neighbours in it.
                for (int step : {-picture.width, -1, 1, picture.width})
                    if (field[place + step] >= 0)
                        attempt(field[place + step] - step);
                const uint32_t number = scramble(seed, place);
                const int span = radius >> (number & 15) % halvings, choice = 2 * span + 1,
                          row = best / picture.width - span + int((number >> 4 & 0x3fff) % choice),
                          column = best % picture.width - span + int((number >> 18) % choice);
                if (row >= 0 && row < picture.height && column >= 0 && column < picture.width)
                    attempt(row * picture.width + column);
            }
            mended[place] = best;
        });
    });
}

// Every pixel of the mask = the mean of what the patches found about it have there, weighted by
// 2^-depth of the place.
EXPORTED int vote_exemplars(PyObject *picture_array, PyObject *mask_array, PyObject *field_array,
                            PyObject *depth_array, PyObject *out_array)
{
    return guarded([=] {
        const Picture picture = picture_of(picture_array, is_read);
        auto out = array_of<uint8_t>(out_array, NPY_UINT8, 4 * picture.count(), is_written);
        auto mask = array_of<bool>(mask_array, NPY_BOOL, picture.count(), is_read);
        auto field = array_of<int32_t>(field_array, NPY_INT32, picture.count(), is_read);
        auto depth = array_of<uint8_t>(depth_array, NPY_UINT8, picture.count(), is_read);
        for_places(picture, [=](int row, int column, long pixel) {
            if (!mask[pixel])
                return;
            __m128i sums = _mm_setzero_si128();
            const int bottom = std::min(picture.height - 1, row + reach),
                      left = std::max(0, column - reach),
                      right = std::min(picture.width - 1, column + reach);
            for (int y = std::max(0, row - reach); y <= bottom; y++)
                for (int x = left; x <= right; x++) {
                    const long place = long(y) * picture.width + x;
                    if (field[place] < 0)
                        continue;
                    const __m128i colours = _mm_cvtepu8_epi32(
                        _mm_loadu_si32(picture.data + 4 * (field[place] + pixel - place)));
                    const __m128i weight = _mm_set1_epi32(1 << deepest >> depth[place]);
                    sums = _mm_add_epi32(sums, _mm_madd_epi16(colours, weight));
                }
            alignas(16) int total[4];
            _mm_store_si128(reinterpret_cast<__m128i *>(total), sums);
            const int weights = total[3];  // that of the one
            for (int colour = 0; weights && colour < 3; colour++)
                out[4 * pixel + colour] = (total[colour] + weights / 2) / weights;
        });
    });
}
