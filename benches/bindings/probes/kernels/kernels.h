/* What every probe calls. Neither guard nor includes, so that cffi can read this as it stands; a
 * compiler wants stddef.h and stdint.h before it, and C++ extern "C" around it. */

int64_t add(int64_t i, int64_t j);
int64_t fibonacci(int64_t n);
double sum(const double *values, size_t len);
double first(const double *values);
