// Adam (Kingma and Ba 2015, Algorithm 1) and clipping, one pass over all parameters at once.
#include <algorithm>
#include <cmath>
#include <vector>

#include "arrays.h"
#include "exported.h"
#include "share.h"

namespace {

struct Parameter {
    float *value, *gradient, *first, *second;
    long size;
};

long length(PyObject *tuple)
{
    if (!PyTuple_Check(tuple))
        throw std::invalid_argument("the arrays of a kind are not in a tuple");
    return PyTuple_GET_SIZE(tuple);
}

std::vector<Parameter> parameters(PyObject *values, PyObject *gradients, PyObject *firsts,
                                  PyObject *seconds)
{
    std::vector<Parameter> result(length(values));
    for (PyObject *others : {gradients, firsts, seconds})
        if (length(others) != long(result.size()))
            throw std::invalid_argument("there are not as many arrays of each kind");
    for (size_t index = 0; index < result.size(); index++) {
        long count = size(floats(PyTuple_GET_ITEM(values, index), is_written));
        auto numbers = [=](PyObject *arrays, Use use) {
            return contiguous(PyTuple_GET_ITEM(arrays, index), count, use);
        };
        result[index] = {numbers(values, is_written), numbers(gradients, is_read),
                         numbers(firsts, is_written), numbers(seconds, is_written), count};
    }
    return result;
}

}  // namespace

EXPORTED int adam(PyObject *values, PyObject *gradients, PyObject *firsts, PyObject *seconds,
                  float step_size, float beta1, float beta2, float epsilon, float clip)
{
    return guarded([=] {
        const std::vector<Parameter> all = parameters(values, gradients, firsts, seconds);
        long total = 0;
        for (const Parameter &parameter : all)
            total += parameter.size;
#pragma omp parallel num_threads(team(total))
        {
            // The calling thread's share of all the numbers, as if they stood in one row.
            const Share mine = share(total, 16);
            long before = 0;
            for (const Parameter &p : all) {
                const long begin = std::max(mine.begin - before, 0L),
                           end = std::min(mine.end - before, p.size);
#pragma omp simd
                for (long index = begin; index < end; index++) {
                    const float g = p.gradient[index],
                                m = beta1 * p.first[index] + (1 - beta1) * g,
                                v = beta2 * p.second[index] + (1 - beta2) * g * g,
                                value = p.value[index] - step_size * m / (std::sqrt(v) + epsilon);
                    p.first[index] = m;
                    p.second[index] = v;
                    p.value[index] = std::min(std::max(value, -clip), clip);
                }
                before += p.size;
            }
        }
    });
}
