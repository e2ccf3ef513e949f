// The probes by nanobind. Arrays are not converted: anything but contiguous float64 is refused.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include "kernels.hpp"

namespace nb = nanobind;
using Shared = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

static double sum_shared(const Shared &array) { return sum(array.data(), array.size()); }

static double first_shared(const Shared &array) { return checked_first(array.data(), array.size()); }

NB_MODULE(_native, module) {
    module.def("add", &add);
    module.def("fibonacci", &fibonacci);
    module.def("sum_shared", &sum_shared, nb::arg("array").noconvert());
    module.def("sum_copied", &sum_copied);
    module.def("first", &first_shared, nb::arg("array").noconvert());
    module.def("first_copied", &first_copied);
}
