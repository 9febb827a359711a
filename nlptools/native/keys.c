/* Keys of 64 bits -> their places in a table; sorted keys -> ranks and numbers; runs -> hashes. */

#include "kernel.h"

/* Which source this was made of: kernel.py compares. */
EXPORT const char *source_digest(void) { return SOURCE_DIGEST; }

/* base.keys.KeyTable: a slot is twice the place of its key, + 1 if another key was moved on from it; -2: empty. */
typedef struct {
    const uint64_t *keys;
    const uint64_t *multipliers;
    const uint64_t *shifts;
    const int32_t *const *tables;
    int64_t rounds;
} Table;

static int32_t find_from(const Table *table, int64_t round, uint64_t key) {
    for (; round < table->rounds; round++) {
        int32_t slot = table->tables[round][(key * table->multipliers[round]) >> table->shifts[round]];
        if (slot >= 0 && table->keys[slot >> 1] == key) return slot >> 1;
        if (!(slot & 1)) return -1;
    }
    return -1;
}

/* The places of up to BATCH keys, -1 for none. */
static void find_batch(const Table *table, const uint64_t *keys, int64_t n, int32_t *found) {
    int32_t slot[BATCH];
    const int32_t *first = table->tables[0];
    uint64_t multiplier = table->multipliers[0], shift = table->shifts[0];
    for (int64_t i = 0; i < n; i++) PREFETCH(&first[(keys[i] * multiplier) >> shift]);
    for (int64_t i = 0; i < n; i++) {
        slot[i] = first[(keys[i] * multiplier) >> shift];
        if (slot[i] >= 0) PREFETCH(&table->keys[slot[i] >> 1]);
    }
    for (int64_t i = 0; i < n; i++) {
        if (slot[i] >= 0 && table->keys[slot[i] >> 1] == keys[i]) found[i] = slot[i] >> 1;
        else found[i] = slot[i] & 1 ? find_from(table, 1, keys[i]) : -1;
    }
}

EXPORT void find_keys(const Table *table, const uint64_t *queries, int64_t size, int32_t *found) {
    for (int64_t start = 0; start < size; start += BATCH) {
        int64_t n = size - start < BATCH ? size - start : BATCH;
        if (table->rounds) find_batch(table, queries + start, n, found + start);
        else for (int64_t i = 0; i < n; i++) found[start + i] = -1;
    }
}

/* base.keys.dense_ranks after its sort: key << shift | place, sorted -> the rank of the key of each place, and the distinct
   keys; returns how many these are. */
EXPORT int64_t ranks_of_sorted(const uint64_t *sorted, int64_t size, int64_t shift, uint32_t *ranks, uint64_t *distinct) {
    uint64_t mask = ((uint64_t)1 << shift) - 1, before = 0;
    int64_t number = 0;
    for (int64_t i = 0; i < size; i++) {
        uint64_t key = sorted[i] >> shift;
        if (!i || key != before) distinct[number++] = before = key;
        ranks[sorted[i] & mask] = (uint32_t)(number - 1);
    }
    return number;
}

/* wordmodel.sample: a hash of each run. */
EXPORT void hash_runs(int64_t runs, const int64_t *starts, const int64_t *lengths, const uint32_t *ids,
                      const uint64_t *values, const uint64_t *places, uint64_t *hashes) {
    for (int64_t run = 0; run < runs; run++) {
        const uint32_t *id = ids + starts[run];
        uint64_t sum = 0;
        for (int64_t t = 0; t < lengths[run]; t++) {
            uint64_t mixed = values[id[t]] * (places[t] | 1);
            sum += mixed ^ (mixed >> 29);
        }
        hashes[run] = sum;
    }
}

/* wordmodel.candidates: the keys of the substrings of a piece that are a shorter candidate, from `first` up to below `last`, and a
   symbol more; a candidate ends where they end, too. Returns how many these are. */
EXPORT int64_t substring_keys(const int32_t *ending, const int32_t *prefix, const uint32_t *ids, int64_t size,
                              int64_t first, int64_t last, uint64_t radix, uint64_t *keys) {
    int64_t found = 0;
    for (int64_t i = 0; i < size; i++) {
        keys[found] = (uint64_t)prefix[i] * radix + ids[i];
        found += (ending[i] > 0) & (prefix[i] >= first) & (prefix[i] < last);
    }
    return found;
}

/* wordmodel.candidates after its sort: key << shift | place, sorted -> the number of the key of each place, from known + 1 for
   those that occur least times and more, 0 for others; their keys and counts. Returns how many these are. */
EXPORT int64_t number_frequent(const uint64_t *sorted, int64_t size, int64_t shift, int64_t least, int64_t known,
                               int32_t *numbers, uint64_t *frequent, int64_t *counts) {
    uint64_t mask = ((uint64_t)1 << shift) - 1;
    int64_t found = 0;
    for (int64_t start = 0, stop; start < size; start = stop) {
        uint64_t key = sorted[start] >> shift;
        for (stop = start + 1; stop < size && sorted[stop] >> shift == key; stop++) {}
        int32_t number = 0;
        if (stop - start >= least) {
            frequent[found] = key;
            counts[found++] = stop - start;
            number = (int32_t)(known + found);
        }
        for (int64_t i = start; i < stop; i++) numbers[sorted[i] & mask] = number;
    }
    return found;
}

/* The numbers, one after the other, are put to the places of substring_keys. Returns how many these are. */
EXPORT int64_t put_numbers(const int32_t *ending, const int32_t *prefix, int64_t size, int64_t first, int64_t last,
                           const int32_t *numbers, int32_t *values) {
    int64_t found = 0;
    for (int64_t i = 0; i < size; i++) {
        if ((ending[i] > 0) & (prefix[i] >= first) & (prefix[i] < last)) values[i] = numbers[found++];
    }
    return found;
}

/* out = values[places] */
EXPORT void gather(const int32_t *values, const int32_t *places, int64_t size, int32_t *out) {
    for (int64_t i = 0; i < size; i++) out[i] = values[places[i]];
}
