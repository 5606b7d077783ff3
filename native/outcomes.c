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

enum { QUANTITIES = 8, LIMBS = 4 };

/* Add values below 2**20 to the last two of four limbs, those in units of 2**-10 and 2**-40. */
static inline void add_small(const double *values, int size, int64_t *limbs) {
    const double magic = 0x1.8p52;
    const int64_t zero = (int64_t)bits_of(magic);
    int64_t third = 0, last = 0;
    for (int i = 0; i < size; i++) {
        double whole = __builtin_trunc(values[i] * 0x1p10);
        third += (int64_t)bits_of(whole + magic) - zero;
        last += (int64_t)bits_of((values[i] - whole * 0x1p-10) * 0x1p40 + magic) - zero;
    }
    limbs[2] += third;
    limbs[3] += last;
}

/* Add values to four limbs in units of 2**50, 2**20, 2**-10 and 2**-40; no value is NaN. */
EXPORT void KERNEL(wide_sum)(const double *values, int64_t size, int64_t *limbs) {
    const double top = 0x1p80;
    double rest[BLOCK];
    for (int64_t start = 0; start < size; start += BLOCK) {
        int here = (int)(size - start < BLOCK ? size - start : BLOCK);
        int64_t large = 0;
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
        add_small(rest, here, limbs);
    }
}

/* Add the first powers of values, as products from the left, one after the other. */
static inline void add_powers(const double *values, int size, int powers, int64_t (*limbs)[LIMBS]) {
    double power[BLOCK];
    add_small(values, size, limbs[0]);
    for (int i = 0; i < size; i++) power[i] = values[i] * values[i];
    add_small(power, size, limbs[1]);
    if (powers < 3) return;
    for (int i = 0; i < size; i++) power[i] *= values[i];
    add_small(power, size, limbs[2]);
}

/* Count rows by the cell of their score and their label (0, 1, or below 0: none), and sum what is asked of
 * those with a score in 0..1: `bins`, the scores of labelled rows by the bin of their cell; `sums`, by outcome
 * (negative, positive, none) the powers of scores and, of labelled rows, of losses and squared errors. Returns
 * how many scores lie outside. */
EXPORT int64_t KERNEL(binary)(const double *scores, const double *losses, const int16_t *labels,
                              const int64_t *cell, const int64_t *bin_of_cell, int64_t size, int64_t *cells,
                              int64_t (*bins)[LIMBS], int64_t (*sums)[QUANTITIES][LIMBS]) {
    double score[3][BLOCK], loss[3][BLOCK], square[BLOCK];
    int64_t outside = 0;
    for (int64_t start = 0; start < size; start += BLOCK) {
        int here = (int)(size - start < BLOCK ? size - start : BLOCK), count[3] = {0, 0, 0};
        for (int64_t i = start; i < start + here; i++) {
            int outcome = labels[i] < 0 ? 2 : labels[i] != 0, at = count[outcome];
            double x = scores[i];
            cells[3 * cell[i] + outcome]++;
            if (!(x >= 0 && x <= 1)) {
                outside++;
                continue;
            }
            score[outcome][at] = x;
            loss[outcome][at] = losses[i];
            count[outcome] = at + 1;
            int64_t bin = bin_of_cell[cell[i]];
            if (outcome < 2 && bin >= 0) add_small(&x, 1, bins[bin]);
        }
        for (int outcome = 0; outcome < 3; outcome++) {
            int64_t(*to)[LIMBS] = sums[outcome];
            int n = count[outcome];
            add_powers(score[outcome], n, 2, to);
            if (outcome == 2) continue;
            add_powers(loss[outcome], n, 3, to + 2);
            for (int i = 0; i < n; i++) {
                double error = outcome ? 1 - score[1][i] : score[0][i];
                square[i] = error * error;
            }
            add_powers(square, n, 3, to + 5);
        }
    }
    return outside;
}
