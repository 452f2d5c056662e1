// Tiles: the matrices in the registers of Intel's AMX (Advanced Matrix Extensions).
//
// There are eight of them, each of 16 rows of 64 bytes.  One instruction adds to a tile of float32
// the product of two tiles of bfloat16: one of 16 rows of 32 numbers, and one that holds 32 rows of
// 16 numbers, where each of its 16 rows are two rows one number by the other.
//
// Kernels are templates over the class of their tiles: those of the processor, or emulated ones,
// for tests where there are none.  A thread has one object at a time.
#pragma once
#include <cstring>

#include "bfloat16.h"

constexpr long tile_side = 16, tile_depth = 32, tile_numbers = tile_side * tile_depth;

// Asks Linux for permission to use the processor's tiles: their registers are large, and so it
// saves them only for programs that ask.
bool tiles_granted();

#ifdef __AMX_BF16__

// GCC's own functions for these instructions take a tile's number as text, and do not tell the
// compiler which memory is read.
class Tiles {
    struct Shape {
        uint8_t palette = 1, start = 0, reserved[14] = {};
        uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };

public:
    Tiles()
    {
        static constexpr Shape shape;
        asm volatile("ldtilecfg %0" ::"m"(shape));
    }
    ~Tiles() { asm volatile("tilerelease"); }

    template <int tile> void zero() { asm volatile("tilezero %%tmm%c0" ::"i"(tile)); }

    // 1 KiB of bfloat16.
    template <int tile> void load(const Bfloat16 *numbers) { load_rows<tile>(numbers, 64); }

    // Sums, their rows so many numbers apart.
    template <int tile> void load(const float *sums, long stride)
    {
        load_rows<tile>(sums, stride * sizeof(float));
    }

    template <int tile> void store(float *sums, long stride)
    {
        asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(sums), "r"(stride * sizeof(float)),
                     "i"(tile) : "memory");
    }

    template <int sums, int rows, int columns> void add_product()
    {
        asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sums), "i"(rows), "i"(columns));
    }

private:
    template <int tile> void load_rows(const void *memory, long bytes)
    {
        asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(memory), "r"(bytes), "i"(tile)
                     : "memory");
    }
};

#endif

// An emulation by Intel's manual: the even and the odd numbers are added up apart, by fused
// multiplications and additions, and denormal numbers count as zero.
class EmulatedTiles {
public:
    template <int tile> void zero() { std::memset(tiles[tile], 0, sizeof tiles[tile]); }

    template <int tile> void load(const Bfloat16 *numbers)
    {
        std::memcpy(tiles[tile], numbers, sizeof tiles[tile]);
    }

    template <int tile> void load(const float *sums, long stride)
    {
        for (int row = 0; row < 16; row++)
            std::memcpy(tiles[tile][row], sums + row * stride, 64);
    }

    template <int tile> void store(float *sums, long stride)
    {
        for (int row = 0; row < 16; row++)
            std::memcpy(sums + row * stride, tiles[tile][row], 64);
    }

    template <int sums, int rows, int columns> void add_product()
    {
        for (int row = 0; row < 16; row++) {
            Sums even, odd;
            for (int pair = 0; pair < 16; pair++) {
                const uint32_t left = tiles[rows][row][pair], *right = tiles[columns][pair];
                even.add(left << 16, right, 16);
                odd.add(left & 0xffff0000, right, 0);
            }
            even.add_to(odd, tiles[sums][row]);
        }
    }

private:
    static constexpr int vectors = 16 / vector_length;

    static Vector normal(Words bits)
    {
        const Words result = (bits & 0x7f800000) == 0 ? Words{} : bits;
        return reinterpret_cast<const Vector &>(result);
    }
    static Vector normal(Vector numbers) { return normal(reinterpret_cast<Words &>(numbers)); }

    struct Sums {
        Vector vector[vectors] = {};

        // += a number times 16 others; these are the halves of words that are shifted so far.
        void add(uint32_t number, const uint32_t *others, int shift)
        {
            for (int index = 0; index < vectors; index++) {
                const Words word = load_words(others + index * vector_length) << shift;
                vector[index] = normal(normal(Words{} + number) * normal(word & 0xffff0000)
                                       + vector[index]);
            }
        }

        void add_to(const Sums &other, uint32_t *sums) const
        {
            for (int index = 0; index < vectors; index++) {
                uint32_t *place = sums + index * vector_length;
                const Vector both = normal(vector[index] + other.vector[index]),
                             sum = normal(normal(load_words(place)) + both);
                std::memcpy(place, &sum, sizeof sum);
            }
        }
    };

    static Words load_words(const uint32_t *words)
    {
        return *reinterpret_cast<const Words *>(words);
    }

    alignas(64) uint32_t tiles[8][16][16];
};
