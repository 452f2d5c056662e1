// bfloat16 numbers, which are the upper halves of float32 ones.
//
// The difference between a number and its nearest bfloat16 is a float32, and so a number is the sum
// of three bfloat16, which have 8 bits each, or nearly the sum of two.
#pragma once
#include <cstdint>

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#include "vectors.h"

typedef uint16_t Bfloat16;
typedef uint32_t Words
    __attribute__((vector_size(vector_length * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef uint16_t HalfWords
    __attribute__((vector_size(vector_length * sizeof(Bfloat16)), aligned(sizeof(Bfloat16)),
                   may_alias));

// The nearest bfloat16 in the upper halves, ties to even; the lower halves are zero.  Infinities
// and NaN stay such.  The processor's own instruction makes denormal numbers zero, which does not
// show in products: tiles do so as well.
inline Words to_nearest(Vector numbers)
{
#ifdef __AVX512BF16__
    const __m256bh halves = _mm512_cvtneps_pbh(reinterpret_cast<__m512 &>(numbers));
    const __m512i words  // without a mask GCC 12 warns about its own header
        = _mm512_maskz_cvtepu16_epi32(0xffff, reinterpret_cast<const __m256i &>(halves));
    return reinterpret_cast<const Words &>(words) << 16;
#else
    const Words bits = reinterpret_cast<Words &>(numbers);
    const Words nearest = bits + 0x7fff + (bits >> 16 & 1);
    return ((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : nearest) & 0xffff0000;
#endif
}

inline Vector nearest(Vector numbers)
{
    const Words bits = to_nearest(numbers);
    return reinterpret_cast<const Vector &>(bits);
}

// The first of several parts of the numbers, which become what is left for the other parts: nothing
// of infinities and NaN.
inline Words first_part(Vector &numbers)
{
    constexpr uint32_t infinity = 0x7f800000;
    const Words part = to_nearest(numbers);
    const Vector rest = numbers - reinterpret_cast<const Vector &>(part);
    numbers = (part & infinity) == infinity ? Vector{} : rest;
    return part;
}

template <int parts> void split(Vector numbers, Words (&into)[parts])
{
#pragma GCC unroll 3
    for (int part = 0; part < parts; part++)
        into[part] = first_part(numbers);
}
