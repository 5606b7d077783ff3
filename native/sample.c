/* A sample of distinct numbers, chosen by their hash: see `leadline.profiles.distinct`. */
#include "kernels.h"

enum { PLACES = 4096 };

/* What is hashed of each number: its bits as float64, and the own bits of whole numbers that no float64 holds. */
static inline void words_of(uint64_t *to, const double *numbers, const void *values, int type, int64_t start,
                            int size) {
    for (int i = 0; i < size; i++) to[i] = bits_of(numbers[i] + 0.0);
    if (type == I64) {
        const int64_t *from = (const int64_t *)values + start;
        for (int i = 0; i < size; i++) {
            double x = (double)from[i];
            if (!(x < 0x1p63) || (int64_t)x != from[i]) to[i] = (uint64_t)from[i];
        }
    } else if (type == U64) {
        const uint64_t *from = (const uint64_t *)values + start;
        for (int i = 0; i < size; i++) {
            double x = (double)from[i];
            if (!(x < 0x1p64) || (uint64_t)x != from[i]) to[i] = from[i];
        }
    }
}

/* Where a hash below 2**(64 - shift) stands, or would stand; `rows` is 0 in empty places. */
static inline int64_t sample_place(uint64_t hash, int64_t shift, const uint64_t *hashes, const int64_t *rows) {
    uint64_t at = (hash << shift) >> 52;
    while (rows[at] && hashes[at] != hash) at = (at + 1) & (PLACES - 1);
    return (int64_t)at;
}

/* Drop what a higher threshold leaves out; the rest moves, since places follow from the threshold. */
static int64_t halve_sample(int64_t shift, uint64_t *hashes, int64_t *rows) {
    uint64_t kept[PLACES], bound = 1ULL << (64 - shift);
    int64_t counts[PLACES], size = 0;
    for (int i = 0; i < PLACES; i++) {
        if (rows[i] && hashes[i] < bound) {
            kept[size] = hashes[i];
            counts[size++] = rows[i];
        }
        rows[i] = 0;
    }
    for (int64_t i = 0; i < size; i++) {
        int64_t at = sample_place(kept[i], shift, hashes, rows);
        hashes[at] = kept[i];
        rows[at] = counts[i];
    }
    return size;
}

/* Keep the hashes of finite values below 2**(64 - shift), and how many rows hold each; more than `limit`
 * of them raise `shift`. `hashes`, `rows`: PLACES, `rows` 0 at first. Returns the last shift. */
EXPORT int64_t KERNEL(sample)(const void *values, int64_t type, const uint8_t *valid, int64_t size, uint64_t factor,
                              int64_t limit, int64_t shift, uint64_t *hashes, int64_t *rows) {
    double numbers[BLOCK];
    uint64_t words[BLOCK];
    int64_t kept = 0, zeros = 0;
    for (int64_t start = 0; start < size; start += BLOCK) {
        int count = (int)(size - start < BLOCK ? size - start : BLOCK);
        load(numbers, values, (int)type, valid, start, count);
        words_of(words, numbers, values, (int)type, start, count);
        uint64_t most = shift ? (1ULL << (64 - shift)) - 1 : ~0ULL;
        int64_t below = 0;
        /* No branch: this loop is vectorised, and few blocks of many values hold a hash that is kept. */
        for (int i = 0; i < count; i++) {
            uint64_t hash = words[i] * factor;
            below += (hash <= most) & (hash != 0);
            zeros += hash == 0;
        }
        if (!below) continue;
        for (int i = 0; i < count; i++) {
            uint64_t hash = words[i] * factor;
            if (hash > most || hash == 0 || !finite(numbers[i])) continue;
            int64_t at = sample_place(hash, shift, hashes, rows);
            kept += rows[at] == 0;
            hashes[at] = hash;
            rows[at] += 1;
            if (kept > 2 * limit) {
                while (kept > limit) kept = halve_sample(++shift, hashes, rows);
                most = (1ULL << (64 - shift)) - 1;
            }
        }
    }
    /* 0 is its own hash, is always kept, and often fills much of a column. */
    if (zeros) {
        int64_t at = sample_place(0, shift, hashes, rows);
        hashes[at] = 0;
        rows[at] += zeros;
    }
    return shift;
}

/* Rows of each code; nulls are left out. `found`: zeros, one for each code. Returns the number of rows, or the
 * first whose code is none of them. */
EXPORT int64_t KERNEL(tally)(const void *codes, int64_t type, const uint8_t *valid, int64_t rows, int64_t size,
                             int64_t *found) {
#define CASE(name, ctype)                                                                                          \
    case name: {                                                                                                   \
        const ctype *from = (const ctype *)codes;                                                                  \
        for (int64_t i = 0; i < rows; i++) {                                                                       \
            uint64_t code = (uint64_t)from[i]; /* negative ones are too large */                                   \
            if (code >= (uint64_t)size) return i;                                                                  \
            found[code] += valid ? valid[i] : 1;                                                                   \
        }                                                                                                          \
        break;                                                                                                     \
    }
    switch (type) {
        WHOLE_TYPES(CASE)
    }
#undef CASE
    return rows;
}
