/* The loops of Leadline that NumPy cannot run in one pass: see src/leadline/kernels.py, which loads them.
 *
 * Nothing is allocated here and nothing kept: every array is the caller's. Whole numbers wrap around (-fwrapv),
 * and floating-point contraction is off (-ffp-contract=off), so that each operation rounds as NumPy's does and
 * the integers are the same. */
#ifndef LEADLINE_KERNELS_H
#define LEADLINE_KERNELS_H

#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

/* The same source is compiled for more than one instruction set; names say for which. */
#define JOIN_(name, suffix) name##suffix
#define JOIN(name, suffix) JOIN_(name, suffix)
#ifndef SUFFIX
#define SUFFIX
#endif
#define KERNEL(name) JOIN(name, SUFFIX)

enum { BLOCK = 1024 };

/* Types of numbers, in the order of `kernels._TYPES`. */
enum { F64, F32, I64, I32, I16, I8, U64, U32, U16, U8 };

#define WHOLE_TYPES(CASE)                                                                                          \
    CASE(I64, int64_t)                                                                                             \
    CASE(I32, int32_t)                                                                                             \
    CASE(I16, int16_t)                                                                                             \
    CASE(I8, int8_t)                                                                                               \
    CASE(U64, uint64_t)                                                                                            \
    CASE(U32, uint32_t)                                                                                            \
    CASE(U16, uint16_t)                                                                                            \
    CASE(U8, uint8_t)

/* Rows [start, start + size) as float64, NaN where `valid` (0 or 1 a row; may be null) says so. */
static inline void load(double *to, const void *values, int type, const uint8_t *valid, int64_t start, int size) {
#define CASE(name, ctype)                                                                                          \
    case name: {                                                                                                   \
        const ctype *from = (const ctype *)values + start;                                                         \
        for (int i = 0; i < size; i++) to[i] = (double)from[i];                                                    \
        break;                                                                                                     \
    }
    switch (type) {
        CASE(F64, double)
        CASE(F32, float)
        WHOLE_TYPES(CASE)
    }
#undef CASE
    if (valid)
        for (int i = 0; i < size; i++) to[i] = valid[start + i] ? to[i] : __builtin_nan("");
}

static inline uint64_t bits_of(double x) {
    uint64_t word;
    __builtin_memcpy(&word, &x, 8);
    return word;
}

static inline double from_bits(uint64_t word) {
    double x;
    __builtin_memcpy(&x, &word, 8);
    return x;
}

static inline int finite(double x) { return (bits_of(x) << 1) < (0x7FFULL << 53); }

/* How many of increasing edges lie at or below a value. */
static inline int64_t edges_below(const double *edges, int64_t count, double x) {
    int64_t left = 0, right = count;
    while (left < right) {
        int64_t middle = (left + right) >> 1;
        if (edges[middle] <= x)
            left = middle + 1;
        else
            right = middle;
    }
    return left;
}

/* x / 2**e, rounded as ldexp rounds where the result is normal; e in 0..1022. */
static inline double scaled_down(double x, int64_t e) { return x * from_bits((uint64_t)(1023 - e) << 52); }

#endif
