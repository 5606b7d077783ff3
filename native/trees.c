/* Growing and asking trees on binned features: see `leadline.estimators.boosting`. */
#include "kernels.h"

enum { MOST_BINS = 256, MOST_NODES = 256, PART = 256 };

/* Of the rows of a bin: their number, and the sums of gradients and curvatures; the last is nothing. */
typedef double Sums __attribute__((vector_size(32), aligned(8)));

/* The bin of each number of a column: 0 for NaN, else 1 + the number of `edges` at or below it. Numbers and
 * bins stand `stride` apart. */
EXPORT void KERNEL(bins)(const double *values, int64_t rows, int64_t stride, const double *edges, int64_t count,
                         uint8_t *to) {
    double block[PART];
    int64_t below[PART];
    for (int64_t start = 0; start < rows; start += PART) {
        int size = (int)(rows - start < PART ? rows - start : PART);
        for (int i = 0; i < size; i++) block[i] = values[(start + i) * stride];
        for (int i = 0; i < size; i++) below[i] = block[i] == block[i];
        /* Few edges: to compare with all of them is vectorised, and sooner done than a search that branches. */
        for (int64_t e = 0; e < count; e++)
            for (int i = 0; i < size; i++) below[i] += block[i] >= edges[e];
        for (int i = 0; i < size; i++) to[(start + i) * stride] = (uint8_t)below[i];
    }
}

/* The sums of some rows by column and bin, shape (columns, bins); `codes`: (rows, columns). */
static void add_rows(const uint8_t *codes, int64_t columns, int64_t bins, const int64_t *rows, int64_t size,
                     const double *first, const double *second, Sums *sums) {
    for (int64_t i = 0; i < columns * bins; i++) sums[i] = (Sums){0, 0, 0, 0};
    for (int64_t i = 0; i < size; i++) {
        int64_t row = rows[i];
        const uint8_t *code = codes + row * columns;
        const Sums add = {1.0, first[row], second ? second[row] : 1.0, 0.0};
        Sums *at = sums;
        for (int64_t c = 0; c < columns; c++, at += bins) at[code[c]] += add;
    }
}

/* The column of the best split of a node; rows go right whose bin is above `cut`, which is `bins` where no
 * split leaves `least` rows on both sides. Of equals the first. */
static int64_t best_split(const Sums *sums, int64_t columns, int64_t bins, double least, double ridge,
                          uint8_t *cut) {
    double count[MOST_BINS], g[MOST_BINS], h[MOST_BINS], gain[MOST_BINS];
    double best = -__builtin_inf();
    Sums total = {0, 0, 0, 0};
    for (int64_t b = 0; b < bins; b++) total += sums[b];
    const double rows = total[0], all_g = total[1], all_h = total[2];
    int64_t column = 0, bin = 0;
    for (int64_t c = 0; c < columns; c++, sums += bins) {
        Sums below = {0, 0, 0, 0};
        for (int64_t b = 0; b < bins; b++) {
            below += sums[b];
            count[b] = below[0];
            g[b] = below[1];
            h[b] = below[2];
        }
        for (int64_t b = 0; b < bins; b++) {
            double left = g[b] * g[b] / (h[b] + ridge);
            double rest = all_g - g[b], right = rest * rest / (all_h - h[b] + ridge);
            gain[b] = (count[b] >= least) & (rows - count[b] >= least) ? left + right : -__builtin_inf();
        }
        for (int64_t b = 0; b < bins; b++) {
            if (gain[b] <= best || best != best) continue;
            best = gain[b];
            column = c;
            bin = b;
        }
    }
    *cut = (uint8_t)(finite(best) ? bin : bins);
    return column;
}

/* Grow one tree, level by level: `features` and `cuts` of its 2**depth - 1 inner nodes, and the leaf of each
 * row. `codes`: (size, columns), all below `bins`; `first`, `second`: gradients, and curvatures (null: all 1),
 * of which all sums are exact. Room: `sums` for 2**(depth - 1) nodes, `order` for twice the rows. */
EXPORT void KERNEL(grow)(const uint8_t *codes, int64_t columns, int64_t bins, int64_t size, const double *first,
                         const double *second, int64_t depth, double least, double ridge, Sums *sums,
                         int64_t *order, int64_t *features, uint8_t *cuts, int64_t *leaf) {
    int64_t start[MOST_NODES + 1], slot[MOST_NODES], *spare = order + size, area = columns * bins, used = 1;
    for (int64_t i = 0; i < size; i++) order[i] = i;
    start[0] = slot[0] = 0;
    start[1] = size;
    add_rows(codes, columns, bins, order, size, first, second, sums);
    for (int64_t level = 0, nodes = 1; level < depth; level++, nodes *= 2) {
        /* From the last on: the children of a node take the places of nodes that are done. */
        for (int64_t k = nodes - 1; k >= 0; k--) {
            int64_t at = nodes - 1 + k, from = start[k], to = start[k + 1], left = from, right = 0;
            Sums *parent = sums + slot[k] * area;
            features[at] = best_split(parent, columns, bins, least, ridge, &cuts[at]);
            const uint8_t *code = codes + features[at], cut = cuts[at];
            for (int64_t i = from; i < to; i++) {
                int64_t row = order[i], goes = code[row * columns] > cut;
                order[left] = spare[right] = row;
                left += !goes;
                right += goes;
            }
            for (int64_t i = 0; i < right; i++) order[left + i] = spare[i];
            start[2 * k + 1] = left;
            start[2 * k + 2] = to;
            start[2 * k] = from;
            if (level + 1 == depth) continue;
            /* The child with fewer rows is counted; the other one is what it leaves of the parent. */
            int64_t smaller = right < left - from, fresh = used++;
            Sums *child = sums + fresh * area;
            add_rows(codes, columns, bins, order + (smaller ? left : from), smaller ? right : left - from,
                     first, second, child);
            for (int64_t i = 0; i < area; i++) parent[i] -= child[i];
            slot[2 * k + 1 - smaller] = slot[k];
            slot[2 * k + smaller] = fresh;
        }
    }
    for (int64_t k = 0; k < (int64_t)1 << depth; k++)
        for (int64_t i = start[k]; i < start[k + 1]; i++) leaf[order[i]] = k;
}

/* Add what each tree says of each row to `out`, tree by tree. */
EXPORT void KERNEL(ask)(const uint8_t *codes, int64_t columns, int64_t size, int64_t trees, int64_t depth,
                        const int64_t *features, const uint8_t *cuts, const double *leaves, double *out) {
    const int64_t slots = (int64_t)1 << depth;
    for (int64_t i = 0; i < size; i++, codes += columns) {
        double found = out[i];
        for (int64_t t = 0; t < trees; t++) {
            const int64_t *feature = features + t * (slots - 1);
            const uint8_t *cut = cuts + t * (slots - 1);
            int64_t at = 0;
            for (int64_t level = 0; level < depth; level++) at = 2 * at + 1 + (codes[feature[at]] > cut[at]);
            found += leaves[t * slots + at - (slots - 1)];
        }
        out[i] = found;
    }
}
