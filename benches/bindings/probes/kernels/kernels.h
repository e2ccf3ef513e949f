/* The functions that every probe calls. There are no include guards and no includes, so that cffi
 * can parse this as it is; a compiler needs stddef.h and stdint.h before it, and C++ extern "C". */

int64_t add(int64_t i, int64_t j);
int64_t fibonacci(int64_t n);
double sum(const double *values, size_t len);
double first(const double *values);
