/* The naive statistics, as src/lib.rs exports them. Neither guard nor includes, so that cffi can
 * read this as it stands; a compiler wants stddef.h and stdint.h before it. */

typedef struct Array Array;

double mean(const double *values, size_t len);
double stddev(const double *values, size_t len);
int64_t sum_integers(const int64_t *values, size_t len);

Array *array_init(const double *values, size_t len);
double array_mean(const Array *array);
double array_stddev(const Array *array);
void array_free(Array *array);
