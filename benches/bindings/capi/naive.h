/* The naive statistics, as src/lib.rs and src/array.rs export them. There are no include guards and
 * no includes, so that cffi can parse this as it is; a compiler needs stddef.h before it. */

typedef struct Array Array;

double mean(const double *values, size_t len);
double stddev(const double *values, size_t len);

Array *array_init(const double *values, size_t len);
double array_mean(const Array *array);
double array_stddev(const Array *array);
void array_free(Array *array);
