// Vectors of the processor, by GCC's extension: +, * and assignment work on all their numbers.
#pragma once

#ifdef __AVX512F__
constexpr int vector_length = 16, registers = 32;
#else
constexpr int vector_length = 8, registers = 16;
#endif

typedef float Vector
    __attribute__((vector_size(vector_length * sizeof(float)), aligned(sizeof(float)), may_alias));

inline Vector load(const float *numbers) { return *reinterpret_cast<const Vector *>(numbers); }

inline void store(float *numbers, Vector vector) { *reinterpret_cast<Vector *>(numbers) = vector; }

// A product of matrices is made of tiles of sums that stay in registers while the products are
// added up: so many rows of two vectors, or twice as many of one, besides what is multiplied.
constexpr int tile_rows = registers == 32 ? 12 : 6;
