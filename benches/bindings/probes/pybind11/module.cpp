// The probes by pybind11. Arrays are not converted: anything but contiguous float64 is refused.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "kernels.hpp"

namespace py = pybind11;
using Shared = py::array_t<double, py::array::c_style>;

static double sum_shared(const Shared &array) { return sum(array.data(), array.size()); }

static double first_shared(const Shared &array) { return checked_first(array.data(), array.size()); }

PYBIND11_MODULE(_native, module) {
    module.def("add", &add);
    module.def("fibonacci", &fibonacci);
    module.def("sum_shared", &sum_shared, py::arg("array").noconvert());
    module.def("sum_copied", &sum_copied);
    module.def("first", &first_shared, py::arg("array").noconvert());
    module.def("first_copied", &first_copied);
}
