/* The sum of integers in C: the same loop as in naive/src/lib.rs. At -O3 both are vectorized, and for
 * 10^8 values the memory is the limit, as the paper's 23 ms in either language show. */

#include <stddef.h>
#include <stdint.h>

int64_t sum_integers(const int64_t *values, size_t len) {
    uint64_t sum = 0; /* unsigned, since it may wrap around */
    for (size_t i = 0; i < len; i++)
        sum += (uint64_t)values[i];
    return (int64_t)sum;
}
