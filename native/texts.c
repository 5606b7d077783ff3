/* Texts become codes of distinct texts, in order of discovery. */
#include "kernels.h"

static inline uint64_t word_at(const uint8_t *at) {
    uint64_t word;
    __builtin_memcpy(&word, at, 8);
    return word;
}

static inline uint64_t half_at(const uint8_t *at) {
    uint32_t half;
    __builtin_memcpy(&half, at, 4);
    return half;
}

static inline uint64_t folded(uint64_t word, uint64_t other) {
    unsigned __int128 product = (unsigned __int128)word * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The first and the last eight bytes of a text, which may overlap; of shorter ones, all that they have. */
typedef struct {
    uint64_t head, tail;
} Ends;

static inline Ends ends_of(const uint8_t *text, int64_t length) {
    if (length >= 8) return (Ends){word_at(text), word_at(text + length - 8)};
    if (length >= 4) return (Ends){half_at(text), half_at(text + length - 4)};
    if (length == 0) return (Ends){0, 0};
    return (Ends){(uint64_t)text[0] << 16 | (uint64_t)text[length / 2] << 8 | text[length - 1], 0};
}

/* A hash of bytes; nobody who does not know the seed can make many texts that share one. */
static inline uint64_t text_hash(const uint8_t *text, int64_t length, Ends ends, uint64_t seed) {
    const uint64_t odd = 0x9E3779B97F4A7C15ULL;
    uint64_t hash = seed ^ (uint64_t)length * 0xD6E8FEB86659FD93ULL;
    for (int64_t i = 8; i < length - 8; i += 8) hash = folded(hash ^ word_at(text + i), odd) + seed;
    return folded(folded(ends.head ^ seed, ends.tail ^ hash ^ odd) + seed, odd);
}

/* A distinct text, by its code. */
typedef struct {
    uint64_t hash;
    Ends ends;
    int64_t length;
    int64_t row; /* in which the text was met first */
} Entry;

/* What is known so far: open addressing from hashes to codes. At most half of the slots are used. */
typedef struct {
    int32_t *slots; /* -1: free */
    int64_t size;   /* of the slots, a power of two */
    Entry *entries;
    int64_t count;
    uint64_t seed;
} Known;

/* Put the codes so far into new slots, which are all free. */
EXPORT void KERNEL(place_codes)(const Known *known) {
    uint64_t last = (uint64_t)known->size - 1;
    for (int64_t code = 0; code < known->count; code++) {
        uint64_t at = known->entries[code].hash & last;
        while (known->slots[at] >= 0) at = (at + 1) & last;
        known->slots[at] = (int32_t)code;
    }
}

/* Texts of one length and with the same ends are the same between them, too. */
static inline int same_middle(const uint8_t *a, const uint8_t *b, int64_t length) {
    for (int64_t i = 8; i < length - 8; i += 8)
        if (word_at(a + i) != word_at(b + i)) return 0;
    return 1;
}

typedef struct {
    const uint8_t *text;
    int64_t length;
} Span;

/* Texts anywhere in some bytes; a length of -1 says that one does not lie in them. */
typedef struct {
    const uint8_t *data;
    int64_t size;
    const int64_t *starts, *lengths;
} Plain;

static inline Span plain(const Plain *from, int64_t row) {
    int64_t start = from->starts[row], length = from->lengths[row];
    if (start < 0 || length < 0 || start > from->size || length > from->size - start) return (Span){0, -1};
    return (Span){from->data + start, length};
}

/* Arrow's views of texts: a length and twelve bytes, or four bytes, the number of a buffer and a place in it. */
typedef struct {
    const uint8_t *views;
    const uint8_t *const *buffers;
    const int64_t *sizes;
    int64_t count;
} Views;

static inline Span viewed(const Views *from, int64_t row) {
    const uint8_t *view = from->views + 16 * row;
    int64_t length = (int32_t)half_at(view);
    if (length <= 12) return (Span){view + 4, length};
    int64_t buffer = (int32_t)half_at(view + 8), start = (int32_t)half_at(view + 12);
    if (buffer < 0 || buffer >= from->count || start < 0 || length > from->sizes[buffer] - start) return (Span){0, -1};
    return (Span){from->buffers[buffer] + start, length};
}

/* `NAME` gives codes to rows from `row` on; rows that are not valid (`valid` may be null) have code 0. Returns
 * the row where it stopped: past the last, or one for whose text there is no room; -1 - row where a text lies
 * outside of its bytes. `copy_NAME` copies the distinct texts one after the other, says where each lies, and
 * returns how many bytes they have; with `to` null it only says. */
#define ENCODE(NAME, Source, span)                                                                                 \
    EXPORT int64_t KERNEL(NAME)(const Source *from, const uint8_t *valid, int64_t row, int64_t rows, Known *known, \
                                int32_t *codes) {                                                                  \
        const uint64_t last = (uint64_t)known->size - 1, seed = known->seed;                                       \
        const int32_t *slots = known->slots;                                                                       \
        const Entry *entries = known->entries;                                                                     \
        for (; row < rows; row++) {                                                                                \
            if (valid && !valid[row]) {                                                                            \
                codes[row] = 0;                                                                                    \
                continue;                                                                                          \
            }                                                                                                      \
            const Span here = span(from, row);                                                                     \
            if (here.length < 0) return -1 - row;                                                                  \
            const Ends ends = ends_of(here.text, here.length);                                                     \
            const uint64_t hash = text_hash(here.text, here.length, ends, seed);                                   \
            uint64_t at = hash & last;                                                                             \
            int32_t code;                                                                                          \
            for (; (code = slots[at]) >= 0; at = (at + 1) & last) {                                                \
                const Entry *entry = entries + code;                                                               \
                if (entry->hash == hash && entry->length == here.length && entry->ends.head == ends.head &&        \
                    entry->ends.tail == ends.tail &&                                                               \
                    (here.length <= 16 || same_middle(here.text, span(from, entry->row).text, here.length)))       \
                    break;                                                                                         \
            }                                                                                                      \
            if (code < 0) {                                                                                        \
                if (2 * known->count >= known->size) return row;                                                   \
                code = (int32_t)known->count++;                                                                    \
                known->slots[at] = code;                                                                           \
                known->entries[code] = (Entry){hash, ends, here.length, row};                                      \
            }                                                                                                      \
            codes[row] = code;                                                                                     \
        }                                                                                                          \
        return row;                                                                                                \
    }                                                                                                              \
                                                                                                                   \
    EXPORT int64_t KERNEL(copy_##NAME)(const Source *from, const Known *known, int64_t *starts, int64_t *lengths,  \
                                       uint8_t *to) {                                                              \
        int64_t used = 0;                                                                                          \
        for (int64_t code = 0; code < known->count; code++) {                                                      \
            Span here = span(from, known->entries[code].row);                                                      \
            starts[code] = used;                                                                                   \
            lengths[code] = here.length;                                                                           \
            if (to)                                                                                                \
                for (int64_t i = 0; i < here.length; i++) to[used + i] = here.text[i];                             \
            used += here.length;                                                                                   \
        }                                                                                                          \
        return used;                                                                                               \
    }

ENCODE(encode, Plain, plain)
ENCODE(encode_views, Views, viewed)
