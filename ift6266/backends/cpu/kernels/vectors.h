// Vectors of the processor, by GCC's extension: operators apply to all their numbers.
#pragma once
#include <cstring>
#include <type_traits>

#ifdef __AVX512F__
constexpr int vector_length = 16, registers = 32;
#else
constexpr int vector_length = 8, registers = 16;
#endif

typedef float Vector
    __attribute__((vector_size(vector_length * sizeof(float)), aligned(sizeof(float)), may_alias));

inline Vector load(const float *numbers) { return *reinterpret_cast<const Vector *>(numbers); }

inline void store(float *numbers, Vector vector) { *reinterpret_cast<Vector *>(numbers) = vector; }

// Fewer numbers than a vector has, in pieces of a half, a quarter and so on.
inline void copy_some(void *to, const void *from, long count)
{
    auto target = static_cast<char *>(to);
    auto source = static_cast<const char *>(from);
#pragma GCC unroll 4
    for (long piece = vector_length / 2; piece; piece /= 2)
        if (count & piece) {
            std::memcpy(target, source, piece * sizeof(float));
            target += piece * sizeof(float);
            source += piece * sizeof(float);
        }
}

// As many numbers as a vector has, or fewer, which zeros follow.
inline Vector load(const float *numbers, long count)
{
    if (count == vector_length)
        return load(numbers);
    Vector vector = {};
    copy_some(&vector, numbers, count);
    return vector;
}

inline void store(float *numbers, Vector vector, long count)
{
    if (count == vector_length)
        store(numbers, vector);
    else
        copy_some(numbers, &vector, count);
}

// Turns a square of 32-bit numbers about its diagonal: each step swaps two quarters of smaller
// squares.
template <class Numbers> inline void transpose(Numbers (&square)[vector_length])
{
    typedef int Places __attribute__((vector_size(sizeof(Vector))));
#pragma GCC unroll 4
    for (int half = 1; half < vector_length; half *= 2) {
        Places upper, lower;
#pragma GCC unroll 16
        for (int place = 0; place < vector_length; place++) {
            upper[place] = place & half ? vector_length + place - half : place;
            lower[place] = place & half ? vector_length + place : place + half;
        }
#pragma GCC unroll 16
        for (int row = 0; row < vector_length; row++)
            if (!(row & half)) {
                const Numbers above = square[row], below = square[row + half];
                square[row] = __builtin_shuffle(above, below, upper);
                square[row + half] = __builtin_shuffle(above, below, lower);
            }
    }
}

// Calls function(channel, count) for a vector of channels after the other, and for the rest.
template <class Function> void for_vectors(long channels, Function function)
{
    long channel = 0;
    for (; channel + vector_length <= channels; channel += vector_length)
        function(channel, std::integral_constant<long, vector_length>());
    if (channel < channels)
        function(channel, channels - channel);
}

// A product of matrices is made of tiles of sums that stay in registers while the products are
// added up: so many rows of two vectors, or twice as many of one, besides what is multiplied.
constexpr int tile_rows = registers == 32 ? 12 : 6;
