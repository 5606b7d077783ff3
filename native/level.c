/* Which of the instruction sets, in the order of `kernels._SUFFIXES`, this processor has; -1: none. */
#include "kernels.h"

#if defined(__x86_64__)
static void identify(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c) {
    uint32_t d;
    __asm__("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(d) : "a"(leaf), "c"(0));
}

EXPORT int level(void) {
    const uint32_t sse = 1u << 20 | 1u << 23, vectors = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28;
    const uint32_t wide = 1u << 3 | 1u << 5 | 1u << 8;
    uint32_t most, a, b, c, saved, unused;
    identify(0, &most, &b, &c);
    identify(1, &a, &b, &c);
    if ((c & sse) != sse) return -1;
    if (most < 7 || (c & vectors) != vectors) return 0; /* FMA, MOVBE, OSXSAVE, AVX */
    __asm__("xgetbv" : "=a"(saved), "=d"(unused) : "c"(0));
    if ((saved & 6) != 6) return 0; /* the system keeps wide registers */
    identify(7, &a, &b, &c);
    if ((b & wide) != wide) return 0; /* BMI1, AVX2, BMI2 */
    identify(0x80000000u, &most, &b, &c);
    if (most < 0x80000001u) return 0;
    identify(0x80000001u, &a, &b, &c);
    return (c >> 5) & 1; /* LZCNT */
}
#else
EXPORT int level(void) { return 0; }
#endif
