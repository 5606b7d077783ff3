/* Order statistics and moments of numbers that are not in order: values are counted into slots of a uniform
 * grid, and only slots that hold a wanted rank are sorted. */
#include "kernels.h"

enum { ROW = 8 };

/* Copy the finite values, unless `to` is null; it has room for one more than there are. `ends` becomes the
 * least and the most of them. Returns how many there are. */
EXPORT int64_t KERNEL(gather)(const void *values, int64_t type, const uint8_t *valid, int64_t rows, double *to,
                              double *ends) {
    double numbers[BLOCK], least = __builtin_inf(), most = -__builtin_inf();
    int64_t size = 0;
    for (int64_t start = 0; start < rows; start += BLOCK) {
        int count = (int)(rows - start < BLOCK ? rows - start : BLOCK);
        load(numbers, values, (int)type, valid, start, count);
        int64_t good = 0, beyond = 0;
        for (int i = 0; i < count; i++) {
            good += finite(numbers[i]);
            beyond += (numbers[i] < least) | (numbers[i] > most);
        }
        if (!to) {
            size += good;
        } else {
            int i = 0;
            /* Few are missing: mostly a whole row of them is copied. */
            for (; i + ROW <= count; i += ROW) {
                int kept = 0;
                for (int j = 0; j < ROW; j++) kept += finite(numbers[i + j]);
                if (kept == ROW) {
                    for (int j = 0; j < ROW; j++) to[size + j] = numbers[i + j];
                    size += ROW;
                    continue;
                }
                for (int j = 0; j < ROW; j++) {
                    to[size] = numbers[i + j];
                    size += finite(numbers[i + j]);
                }
            }
            for (; i < count; i++) {
                to[size] = numbers[i];
                size += finite(numbers[i]);
            }
        }
        if (!beyond) continue;
        for (int i = 0; i < count; i++) {
            if (!finite(numbers[i])) continue;
            if (numbers[i] < least) least = numbers[i];
            if (numbers[i] > most) most = numbers[i];
        }
    }
    ends[0] = least;
    ends[1] = most;
    return size;
}

/* The distinct values, in any order, and how often each occurs; -1 if there are more than `limit`.
 * `found`, `rows`: more than `limit` places, a power of two up to 2**16; `rows` 0 at first. */
EXPORT int64_t KERNEL(few)(const double *values, int64_t size, int64_t limit, int64_t places, double *found,
                           int64_t *rows) {
    uint64_t last = (uint64_t)places - 1;
    int64_t count = 0;
    for (int64_t i = 0; i < size; i++) {
        double x = values[i] + 0.0;
        uint64_t at = (bits_of(x) * 0x9E3779B97F4A7C15ULL >> 48) & last;
        while (rows[at] && found[at] != x) at = (at + 1) & last;
        if (!rows[at]) {
            if (++count > limit) return -1;
            found[at] = x;
        }
        rows[at]++;
    }
    return count;
}

/* The slot of each value of a block; those outside fall into the first and the last. */
static inline void find_slots(const double *values, int size, double low, double step, double slots, int32_t *to) {
    for (int i = 0; i < size; i++) {
        double x = (values[i] - low) * step;
        x = x > 0 ? x : 0;
        to[i] = (int32_t)(x < slots ? x : slots);
    }
}

/* Count values into the slots 0..slots. */
EXPORT void KERNEL(histogram)(const double *values, int64_t size, double low, double step, int64_t slots,
                              int32_t *counts) {
    int32_t slot[BLOCK];
    for (int64_t start = 0; start < size; start += BLOCK) {
        int count = (int)(size - start < BLOCK ? size - start : BLOCK);
        find_slots(values + start, count, low, step, (double)slots, slot);
        for (int i = 0; i < count; i++) counts[slot[i]]++;
    }
}

/* Copy the values of some slots; `to` has room for one more. Returns how many there are. */
EXPORT int64_t KERNEL(choose)(const double *values, int64_t size, double low, double step, int64_t slots,
                              const uint8_t *wanted, double *to) {
    int32_t slot[BLOCK];
    int64_t kept = 0;
    for (int64_t start = 0; start < size; start += BLOCK) {
        int count = (int)(size - start < BLOCK ? size - start : BLOCK);
        find_slots(values + start, count, low, step, (double)slots, slot);
        for (int i = 0; i < count; i++) {
            to[kept] = values[start + i];
            kept += wanted[slot[i]];
        }
    }
    return kept;
}

/* Sums of (x - middle) * unit and of its square in units of `square`, rounded value by value: whole numbers,
 * the same in any order. All must stay below 2**50 in size. */
EXPORT void KERNEL(moments)(const double *values, int64_t size, double middle, double unit, double square,
                            int64_t *sums) {
    const double magic = 0x1.8p52;
    const int64_t zero = (int64_t)bits_of(magic);
    int64_t first = 0, second = 0;
    for (int64_t i = 0; i < size; i++) {
        double gap = values[i] - middle;
        double t = gap * square;
        first += (int64_t)bits_of(gap * unit + magic) - zero;
        second += (int64_t)bits_of(t * t + magic) - zero;
    }
    sums[0] = first;
    sums[1] = second;
}
