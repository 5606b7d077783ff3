/* Sums over the bins of features, by node of a tree: see `leadline.estimators.boosting`. */
#include "kernels.h"

/* Add rows to `sums`, (nodes, columns, bins, 3): their number, and the sums of two values (the second may be
 * null). `codes`: (n, columns), a bin each; `rows`: which rows, in any order, null for the first `size`;
 * `node`: of each of these, null for node 0. */
EXPORT void KERNEL(bin_sums)(const uint8_t *codes, int64_t columns, int64_t bins, const int64_t *rows,
                             const int64_t *node, int64_t size, const double *first, const double *second,
                             double *sums) {
    for (int64_t i = 0; i < size; i++) {
        int64_t row = rows ? rows[i] : i;
        const uint8_t *code = codes + row * columns;
        double a = first[row], b = second ? second[row] : 0.0;
        double *at = sums + (node ? node[i] : 0) * columns * bins * 3;
        for (int64_t c = 0; c < columns; c++, at += 3 * bins) {
            double *bin = at + 3 * code[c];
            bin[0] += 1.0;
            bin[1] += a;
            bin[2] += b;
        }
    }
}
