// Memory that a thread uses during one call, and keeps for its next one.
#pragma once
#include <cstdlib>
#include <memory>
#include <new>

class Scratch {
public:
    // Aligned to a line of the cache; the content is undefined.
    float *floats(size_t count)
    {
        size_t lines = (count * sizeof(float) + 63) / 64;
        if (lines > capacity) {
            memory.reset();
            capacity = 0;
            memory.reset(static_cast<float *>(aligned_alloc(64, lines * 64)));
            if (!memory)
                throw std::bad_alloc();
            capacity = lines;
        }
        return memory.get();
    }

private:
    struct Free {
        void operator()(float *pointer) const { free(pointer); }
    };
    std::unique_ptr<float, Free> memory;
    size_t capacity = 0;
};
