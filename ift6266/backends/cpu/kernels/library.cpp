// What belongs to the library as a whole: its threads, its last error, its arrays.
#include "arrays.h"
#include "exported.h"

#include <malloc.h>

thread_local char error_text[256];
int thread_count = 0;
PyTypeObject *array_type = nullptr;

EXPORTED const char *last_error() { return error_text; }

EXPORTED void use_threads(int count) { thread_count = count; }

// To be called before any function that takes an array.
EXPORTED void use_array_type(PyTypeObject *type) { array_type = type; }

// glibc returns large blocks to the system as soon as they are free, and the next array costs a
// page fault for every 4 KiB.  Blocks that are kept cost none.
EXPORTED void keep_memory()
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

// How many numbers further the next line of the cache begins; -1 for what is no array of float32.
EXPORTED long numbers_to_line(PyObject *array)
{
    long result = -1;
    guarded([&] {
        auto address = reinterpret_cast<unsigned long>(numbers(floats(array, is_read)));
        result = -address % 64 / sizeof(float);
    });
    return result;
}
