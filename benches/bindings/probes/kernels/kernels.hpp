// The kernels for C++, and the code that pybind11 and nanobind share.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <stdexcept>
#include <vector>

extern "C" {
#include "kernels.h"
}

inline double sum_copied(const std::vector<double> &values) { return sum(values.data(), values.size()); }

/// The first of `len` values.
inline double checked_first(const double *values, size_t len) {
    if (len == 0)
        throw std::out_of_range("an empty array has no first value");
    return first(values);
}

inline double first_copied(const std::vector<double> &values) {
    return checked_first(values.data(), values.size());
}
