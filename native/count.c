/* Counting numbers into the cells of their axis, and choosing a sample of distinct ones. */
#include "kernels.h"

/* An axis and its table: the uniform grid over [low, high) that says for most values at once in which cell
 * they lie. Slot s belongs to the values whose (x - low) * step rounds to s, which is monotone: where one or
 * two edges share a slot, as many comparisons decide. Slots with more edges, and all that lies outside,
 * hold `cells`: a binary search decides. */
typedef struct {
    const double *edges;      /* cells + 1, first -inf and last inf, then two NaN */
    const int64_t *exponents; /* of the unit of each cell */
    const uint16_t *slot;     /* slots + 1, the last for all that lies outside */
    int64_t cells;
    int64_t slots;
    int64_t twice; /* two edges lie in some slot */
    double low, high, step;
    double centre, inverse; /* of the scale */
    double unit, clip;
} Axis;

enum { UNITS = 18 };

typedef int64_t Pair __attribute__((vector_size(16)));

/* Add the second sums of a group to its first. */
static void add_up(Pair *even, Pair *odd, int64_t cells) {
    for (int64_t c = 0; c <= cells; c++) {
        even[c] += odd[c];
        odd[c] = (Pair){0, 0};
    }
}

/* Fill a table over the edges [first, last]; says how many cells begin in slots that are left to the search. */
EXPORT int64_t KERNEL(tabulate)(const double *edges, int64_t first, int64_t last, int64_t cells, double step,
                                int64_t slots, uint16_t *slot, int64_t *twice) {
    double low = edges[first];
    int64_t left = 0, at = first, filled = 0;
    *twice = 0;
    while (at <= last) {
        int64_t here = (int64_t)__builtin_rint((edges[at] - low) * step), stop = at + 1;
        while (stop <= last && (int64_t)__builtin_rint((edges[stop] - low) * step) == here) stop++;
        for (; filled < here; filled++) slot[filled] = (uint16_t)(at - 1);
        if (stop - at > 2) {
            left += stop - at;
            slot[filled++] = (uint16_t)cells;
        } else {
            *twice |= stop - at == 2;
            slot[filled++] = (uint16_t)(at - 1);
        }
        at = stop;
    }
    slot[slots] = (uint16_t)cells;
    return left;
}

/* Count finite values. `totals`: (groups, cells + 1, 2), rows and sum of each cell, and what the search then
 * found a cell for; `odd`: (cells + 1, 2) zeros; `squares`: (groups, UNITS); `clipped`, `least`, `most`:
 * (groups,). `group` may be null: all in group 0; `ordered`: it never falls. */
EXPORT void KERNEL(count)(const Axis *axis, const void *values, int64_t type, const uint8_t *valid,
                          const int64_t *group, int64_t ordered, int64_t rows, Pair *totals, Pair *odd,
                          int64_t *squares, int64_t *clipped, double *least, double *most) {
    const double magic = 0x1.8p52; /* added to a number it rounds it to a whole one, in the last bits */
    const int64_t zero = (int64_t)bits_of(magic), cells = axis->cells;
    const uint64_t low_bits = 0xFFFFFFFFULL;
    const double *edges = axis->edges;
    const uint16_t *table = axis->slot;
    const double low = axis->low, high = axis->high, step = axis->step, centre = axis->centre;
    const double inverse = axis->inverse, unit = axis->unit, clip = axis->clip;
    const double others = (double)axis->slots + magic;
    double numbers[BLOCK];
    uint64_t slot[BLOCK];
    int64_t whole[BLOCK], square[BLOCK];
    int waiting = 0; /* sums of the group of the last block, in `odd` */
    for (int64_t start = 0; start < rows; start += BLOCK) {
        int size = (int)(rows - start < BLOCK ? rows - start : BLOCK);
        load(numbers, values, (int)type, valid, start, size);
        int64_t g = 0, mixed = 0;
        if (group) {
            g = group[start];
            if (ordered)
                mixed = group[start + size - 1] ^ g;
            else
                for (int i = 0; i < size; i++) mixed |= group[start + i] ^ g;
        }
        double from = least[g], to = most[g];
        int64_t beyond = 0, outside = 0;
        /* No look-up, no branch, no sum of floats: this loop is vectorised. */
        int64_t near = 0;
        for (int i = 0; i < size; i++) {
            double x = numbers[i];
            int here = (x >= low) & (x < high);
            double z = (x - centre) * inverse;
            double place = (x - low) * step + magic;
            double power = (z * z) * unit + magic;
            slot[i] = bits_of(here ? place : others);
            whole[i] = (int64_t)bits_of(z * unit + magic) - zero;
            square[i] = (int64_t)bits_of(here ? power : magic) - zero;
            near += square[i];
            beyond += here & ((x < from) | (x > to));
        }
        /* After the edges there are two NaN: what the table leaves to the search stays where it is. */
        if (axis->twice) {
            for (int i = 0; i < size; i++) {
                uint64_t first = table[slot[i] & low_bits];
                double x = numbers[i];
                slot[i] = first + (x >= edges[first + 1]) + (x >= edges[first + 2]);
            }
        } else {
            for (int i = 0; i < size; i++) {
                uint64_t first = table[slot[i] & low_bits];
                slot[i] = first + (numbers[i] >= edges[first + 1]);
            }
        }
        if (!mixed) {
            Pair *even = totals + g * (cells + 1);
            int i = 0;
            /* Two sums in turn: neighbours in the same cell need not wait for each other. */
            for (; i + 1 < size; i += 2) {
                even[slot[i]] += (Pair){1, whole[i]};
                odd[slot[i + 1]] += (Pair){1, whole[i + 1]};
            }
            if (i < size) even[slot[i]] += (Pair){1, whole[i]};
            waiting = start + BLOCK < rows && !(group && group[start + BLOCK] != g);
            if (!waiting) add_up(even, odd, cells);
            squares[g * UNITS] += near;
            if (beyond) {
                for (i = 0; i < size; i++) {
                    if (slot[i] == (uint64_t)cells) continue;
                    if (numbers[i] < from) from = numbers[i];
                    if (numbers[i] > to) to = numbers[i];
                }
                least[g] = from;
                most[g] = to;
            }
        } else {
            if (waiting) add_up(totals + g * (cells + 1), odd, cells);
            waiting = 0;
            for (int i = 0; i < size; i++) {
                uint64_t at = slot[i];
                double x = numbers[i];
                g = group[start + i];
                totals[g * (cells + 1) + (int64_t)at] += (Pair){1, whole[i]};
                squares[g * UNITS] += square[i];
                if (at == (uint64_t)cells) continue;
                if (x < least[g]) least[g] = x;
                if (x > most[g]) most[g] = x;
            }
        }
        for (int i = 0; i < size; i++) outside += slot[i] == (uint64_t)cells;
        if (!outside) continue;
        for (int i = 0; i < size; i++) {
            double x = numbers[i];
            if (slot[i] != (uint64_t)cells || !finite(x)) continue;
            if (group) g = group[start + i];
            if (x < least[g]) least[g] = x;
            if (x > most[g]) most[g] = x;
            int64_t at = edges_below(edges, cells + 1, x) - 1, e = axis->exponents[at];
            double z = (x - centre) * inverse;
            if (e) {
                clipped[g] += __builtin_fabs(z) > clip;
                z = scaled_down(z > clip ? clip : z < -clip ? -clip : z, e);
            }
            totals[g * (cells + 1) + at] += (Pair){1, (int64_t)__builtin_rint(z * unit)};
            if (!(x >= low && x < high)) squares[g * UNITS + e] += (int64_t)__builtin_rint((z * z) * unit);
        }
    }
}
