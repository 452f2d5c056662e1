// NumPy arrays as the kernels see them.
//
// The kernels run without Python's global lock: of an object they only read fields that stay as
// they are while somebody holds a reference to it, and they call nothing of Python or NumPy.
#pragma once
#include <stdexcept>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <Python.h>
#include <numpy/ndarrayobject.h>

// numpy.ndarray, which Python passes at the start.  NumPy's own PyArray_Check needs a table of
// functions that is filled under the lock.
extern PyTypeObject *array_type;

// What a kernel does with an array.
enum Use { is_read, is_written };

// Evenly spaced rows of contiguous channels: a feature map (batch, height, width, channel), or
// some channels of one that is wider.
struct Rows {
    float *data;
    long count, channels, stride;  // the stride in numbers, from a row to the next

    float *row(long index) const { return data + index * stride; }
};

// Whether an object is a numpy.ndarray, or of a class derived from it.
inline bool is_array(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    while (type && type != array_type)
        type = type->tp_base;
    return type;
}

inline PyArrayObject *floats(PyObject *object, Use use)
{
    if (!is_array(object))
        throw std::invalid_argument("an argument is not a NumPy array");
    auto array = reinterpret_cast<PyArrayObject *>(object);
    if (PyArray_TYPE(array) != NPY_FLOAT || !PyArray_ISALIGNED(array)
        || !PyArray_ISNOTSWAPPED(array))
        throw std::invalid_argument("an array is not of float32 as the processor has them");
    if (use == is_written && !PyArray_ISWRITEABLE(array))
        throw std::invalid_argument("an array that is to be written is read-only");
    return array;
}

inline long size(PyArrayObject *array)
{
    long size = 1;
    for (int axis = 0; axis < PyArray_NDIM(array); axis++)
        size *= PyArray_DIM(array, axis);
    return size;
}

inline float *numbers(PyArrayObject *array)
{
    return static_cast<float *>(PyArray_DATA(array));
}

// The numbers of a C-contiguous array of any shape that has so many.
inline float *contiguous(PyObject *object, long count, Use use)
{
    PyArrayObject *array = floats(object, use);
    if (!PyArray_IS_C_CONTIGUOUS(array))
        throw std::invalid_argument("an array is not C-contiguous");
    if (size(array) != count)
        throw std::invalid_argument("the shapes of the arrays do not fit together");
    return numbers(array);
}

// The last axis is the channels; the others together count the rows.
inline Rows rows(PyObject *object, Use use)
{
    PyArrayObject *array = floats(object, use);
    int last = PyArray_NDIM(array) - 1;
    if (last < 0)
        throw std::invalid_argument("an array has no axis of channels");
    long channels = PyArray_DIM(array, last), count = 1, stride = channels;
    bool even = channels <= 1 || PyArray_STRIDE(array, last) == sizeof(float);
    for (int axis = last - 1; axis >= 0; axis--) {
        long length = PyArray_DIM(array, axis), step = PyArray_STRIDE(array, axis);
        if (length == 1)
            continue;
        if (count == 1)
            stride = step / long(sizeof(float));
        even &= step == long(sizeof(float)) * stride * count;
        count *= length;
    }
    if (!even && count > 0 && channels > 0)
        throw std::invalid_argument("an array is not made of evenly spaced rows of channels");
    return {numbers(array), count, channels, stride};
}

// Rows that must be as many and as wide as those of another array.
inline Rows rows_like(PyObject *object, const Rows &other, Use use)
{
    Rows result = rows(object, use);
    if (result.count != other.count || result.channels != other.channels)
        throw std::invalid_argument("the shapes of the arrays do not fit together");
    return result;
}
