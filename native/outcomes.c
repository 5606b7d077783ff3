/* What counting predictions against labels needs: cells of scores, and sums that are exact in any order. */
#include "kernels.h"

/* The cell of each value, none of them NaN: how many edges lie at or below it. `before` says how many lie
 * before each slot (they count from 1; 0 and the last are all that lies outside), two comparisons count those
 * within; slots with more (`crowded`) are searched. `edges`: increasing, then two NaN. */
EXPORT void KERNEL(cells)(const double *values, int64_t size, double low, double step, int64_t slots,
                          const uint16_t *before, const uint8_t *crowded, const double *edges, int64_t count,
                          int64_t *to) {
    int32_t slot[BLOCK];
    const double most = (double)slots + 1.0;
    for (int64_t start = 0; start < size; start += BLOCK) {
        int here = (int)(size - start < BLOCK ? size - start : BLOCK);
        const double *from = values + start;
        for (int i = 0; i < here; i++) {
            double x = (from[i] - low) * step + 1.0;
            x = x > 0 ? x : 0;
            slot[i] = (int32_t)(x < most ? x : most);
        }
        for (int i = 0; i < here; i++) {
            int64_t first = before[slot[i]];
            to[start + i] = first + (from[i] >= edges[first]) + (from[i] >= edges[first + 1]);
        }
        for (int i = 0; i < here; i++) {
            if (crowded[slot[i]]) to[start + i] = edges_below(edges, count, from[i]);
        }
    }
}

/* Add values to four limbs in units of 2**50, 2**20, 2**-10 and 2**-40; no value is NaN. */
EXPORT void KERNEL(wide_sum)(const double *values, int64_t size, int64_t *limbs) {
    const double magic = 0x1.8p52, top = 0x1p80;
    const int64_t zero = (int64_t)bits_of(magic);
    double rest[BLOCK];
    for (int64_t start = 0; start < size; start += BLOCK) {
        int here = (int)(size - start < BLOCK ? size - start : BLOCK);
        int64_t large = 0, third = 0, last = 0;
        for (int i = 0; i < here; i++) {
            double x = values[start + i];
            x = x < top ? x : top;
            rest[i] = x > -top ? x : -top;
            large |= __builtin_fabs(x) >= 0x1p20;
        }
        if (large) {
            for (int limb = 0; limb < 2; limb++) {
                const double unit = limb ? 0x1p20 : 0x1p50;
                for (int i = 0; i < here; i++) {
                    double whole = __builtin_trunc(rest[i] * (1 / unit));
                    limbs[limb] += (int64_t)whole;
                    rest[i] -= whole * unit;
                }
            }
        }
        for (int i = 0; i < here; i++) {
            double whole = __builtin_trunc(rest[i] * 0x1p10);
            third += (int64_t)bits_of(whole + magic) - zero;
            last += (int64_t)bits_of((rest[i] - whole * 0x1p-10) * 0x1p40 + magic) - zero;
        }
        limbs[2] += third;
        limbs[3] += last;
    }
}
