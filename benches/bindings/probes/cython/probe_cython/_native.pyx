# distutils: language = c++
# cython: language_level=3, binding=False
"""Thin functions around the kernels."""

from libc.stdint cimport int64_t
from libcpp.vector cimport vector


cdef extern from *:
    """
    #include <stddef.h>
    #include <stdint.h>
    extern "C" {
    #include "kernels.h"
    }
    """
    int64_t c_add "add"(int64_t i, int64_t j)
    int64_t c_fibonacci "fibonacci"(int64_t n)
    double c_sum "sum"(const double *values, size_t len)


def add(int64_t i, int64_t j):
    return c_add(i, j)


def fibonacci(int64_t n):
    return c_fibonacci(n)


def sum_shared(const double[::1] array not None):
    return c_sum(&array[0], array.shape[0]) if array.shape[0] else 0.0


def sum_copied(vector[double] values):
    return c_sum(values.data(), values.size())


def first(const double[::1] array not None):
    return array[0]


def first_copied(vector[double] values):
    if values.empty():
        raise IndexError("an empty list has no first value")
    return values[0]
