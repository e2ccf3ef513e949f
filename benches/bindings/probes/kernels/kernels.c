/* The work behind the probes: all six packages compile this file with the same compiler at -O3, so
 * that only the calls differ. It is a translation unit of its own, so that no tool can inline it. */

#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

/* Not the exported function, or the recursion would go through the procedure linkage table. */
static int64_t recurse(int64_t n) { return n < 2 ? n : recurse(n - 1) + recurse(n - 2); }

int64_t add(int64_t i, int64_t j) { return (int64_t)((uint64_t)i + (uint64_t)j); }

int64_t fibonacci(int64_t n) { return recurse(n); }

/* One addition at a time: without -ffast-math no compiler may change the order. */
double sum(const double *values, size_t len) {
    double sum = 0.0;
    for (size_t i = 0; i < len; i++)
        sum += values[i];
    return sum;
}

double first(const double *values) { return values[0]; }
