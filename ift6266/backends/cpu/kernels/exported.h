// What all functions that Python calls share: visibility, errors, threads.
#pragma once
#include <cstdio>
#include <exception>
#include <stdexcept>

#include <omp.h>

#define EXPORTED extern "C" __attribute__((visibility("default")))

// The text of the last error, for the calling thread alone.
extern thread_local char error_text[256];

// How many threads the kernels use; 0 leaves it to OpenMP.
extern int thread_count;

enum Status { fine = 0, bad_argument = 1, failed = 2 };

// Runs a kernel; C++ exceptions must not pass through C, so they become a status and a text.
template <class Kernel> int guarded(Kernel kernel)
{
    // OpenMP keeps this number for each thread that calls, so it is set at each call.
    if (thread_count && omp_get_max_threads() != thread_count)
        omp_set_num_threads(thread_count);
    Status status = failed;
    try {
        kernel();
        return fine;
    } catch (const std::invalid_argument &error) {
        status = bad_argument;
        snprintf(error_text, sizeof error_text, "%s", error.what());
    } catch (const std::exception &error) {
        snprintf(error_text, sizeof error_text, "%s", error.what());
    }
    return status;
}
