/* The sum of integers in C: the loop of naive/src/lib.rs once more. At -O3 both become vectors, and
 * 10^8 values are a question to the memory, which is what the paper's 23 ms in either language say. */

#include <stddef.h>
#include <stdint.h>

int64_t sum_integers(const int64_t *values, size_t len) {
    uint64_t sum = 0; /* unsigned, because it may wrap around */
    for (size_t i = 0; i < len; i++)
        sum += (uint64_t)values[i];
    return (int64_t)sum;
}
