/* Symbols of a text + levels of a trie -> the words that end at each place, and how texts stand in a corpus. */

#include "kernel.h"

/* A level of a lattice.trie.Trie, words and beginnings of words of one length: a hash table of key -> state, in which all that
   is asked of a key lies together. State 0: an empty slot. */
typedef struct {
    uint64_t key;
    int32_t state;
    int32_t open; /* whether longer words begin so */
} Entry;

typedef struct {
    const Entry *entries; /* 1 << bits of them, at most half of them taken */
    int64_t bits;
} Level;

EXPORT void fill_level(const uint64_t *keys, const uint8_t *open, int64_t size, int64_t bits, Entry *entries) {
    int64_t mask = ((int64_t)1 << bits) - 1;
    for (int64_t i = 0; i < size; i++) {
        int64_t slot = (int64_t)FIRST_SLOT(keys[i], bits);
        while (entries[slot].state) slot = (slot + 1) & mask;
        entries[slot] = (Entry){keys[i], (int32_t)(i + 1), open[i + 1]};
    }
}

/* Numbers from 1 of keys, in the order in which they first occur; distinct: the keys in that order. slots: 1 << bits of them, more
   than keys, all 0. Returns how many distinct keys there are. */
EXPORT int64_t number_keys(const uint64_t *keys, int64_t size, int64_t bits, int32_t *slots, int32_t *numbers,
                           uint64_t *distinct) {
    int64_t known = 0, mask = ((int64_t)1 << bits) - 1;
    for (int64_t i = 0; i < size; i++) {
        if (i + BATCH < size) PREFETCH(&slots[FIRST_SLOT(keys[i + BATCH], bits)]);
        int64_t slot = (int64_t)FIRST_SLOT(keys[i], bits);
        while (slots[slot] && distinct[slots[slot] - 1] != keys[i]) slot = (slot + 1) & mask;
        if (!slots[slot]) {
            distinct[known] = keys[i];
            slots[slot] = (int32_t)++known;
        }
        numbers[i] = slots[slot];
    }
    return known;
}

/* One level of Trie.walk. at, before: places, and the states one level up of what ends before them. number: takes the states,
   from 1, 0 for none. Returns how many words may be longer; next_at, next_state take their places and states, up to the
   end of the text. */
static int64_t advance(const Level *level, uint64_t radix, const uint32_t *ids, int64_t length, const int32_t *at,
                       const int32_t *before, int64_t size, int32_t *number, int32_t *next_at, int32_t *next_state) {
    uint64_t keys[BATCH];
    const Entry *entries = level->entries;
    int64_t next = 0, mask = ((int64_t)1 << level->bits) - 1;
    for (int64_t start = 0; start < size; start += BATCH) {
        int64_t n = size - start < BATCH ? size - start : BATCH;
        for (int64_t i = 0; i < n; i++) {
            keys[i] = (uint64_t)before[start + i] * radix + ids[at[start + i]];
            PREFETCH(&entries[FIRST_SLOT(keys[i], level->bits)]);
        }
        for (int64_t i = 0; i < n; i++) {
            int64_t slot = (int64_t)FIRST_SLOT(keys[i], level->bits);
            while (entries[slot].state && entries[slot].key != keys[i]) slot = (slot + 1) & mask;
            int32_t place = at[start + i] + 1;
            number[start + i] = next_state[next] = entries[slot].state;
            next_at[next] = place;
            next += (entries[slot].state != 0) & entries[slot].open & (place < length);
        }
    }
    return next;
}

EXPORT int64_t walk_level(const Level *level, uint64_t radix, const uint32_t *ids, int64_t length, const int32_t *at,
                          const int32_t *before, int64_t size, int32_t *number, int32_t *next_at, int32_t *next_state) {
    return advance(level, radix, ids, length, at, before, size, number, next_at, next_state);
}

/* What stands at some places of a text goes through all levels before the next places do. */
typedef struct {
    int32_t at[2][CHUNK + 1], state[2][CHUNK + 1], number[CHUNK];
} Chunk;

/* The first of the places from which words may begin: `starts`, or NULL for all but the last symbol. */
static int64_t begin(Chunk *chunk, const uint32_t *ids, const int32_t *starts, int64_t from, int64_t size) {
    int64_t n = size - from < CHUNK ? size - from : CHUNK;
    for (int64_t i = 0; i < n; i++) {
        int32_t start = starts ? starts[from + i] : (int32_t)(from + i);
        chunk->at[0][i] = start + 1;
        chunk->state[0][i] = (int32_t)ids[start];
    }
    return n;
}

/* Trie.look_up: found[k][place] = values[k][state] of the words of k + 2 symbols that end at each place; 0 where none does. */
EXPORT void look_up(int64_t depth, const Level *const *levels, uint64_t radix, const uint32_t *ids, int64_t length,
                    const int32_t *const *values, int32_t *const *found) {
    Chunk chunk;
    for (int64_t from = 0; from + 1 < length; from += CHUNK) {
        int64_t n = begin(&chunk, ids, 0, from, length - 1);
        for (int64_t k = 0; k < depth && n; k++) {
            int32_t *at = chunk.at[k & 1], *next = chunk.at[~k & 1];
            int64_t on = advance(levels[k], radix, ids, length, at, chunk.state[k & 1], n, chunk.number, next,
                                 chunk.state[~k & 1]);
            for (int64_t i = 0; i < n; i++) found[k][at[i]] = values[k][chunk.number[i]];
            n = on;
        }
    }
}

/* wordmodel.expected_counts.Shards: the stretch of the corpus in which a place lies; places come rising. */
typedef struct {
    int64_t edges;
    const int64_t *shards, *places;
} Shards;

static inline uint16_t shard_bit(const Shards *shards, int64_t *edge, int64_t place) {
    while (*edge + 1 < shards->edges && place >= shards->places[*edge + 1]) ++*edge;
    return (uint16_t)(1 << shards->shards[*edge]);
}

/* discovery.occurrences: how texts stand in a piece of a corpus, added to sums.

   values[k]: the text of each state of the trie, of k + 2 symbols, 0 for none. starts: where texts may begin. ids, ends:
   the symbols of the piece and whether a word ends at each. sums: of each text its occurrences, those with an end of a word
   on both sides, ends of words inside these, occurrences before a break; bits: of its shards. wanted: NULL, or texts whose
   neighbours go into rows, left, right, which have room for `most`. Returns how many these are; more than `most`: not all
   had room. */
EXPORT int64_t stand(int64_t depth, const Level *const *levels, uint64_t radix, const uint32_t *ids, int64_t length,
                     const int32_t *const *values, const int32_t *starts, int64_t size, const uint8_t *ends,
                     int64_t edges, const int64_t *shards, const int64_t *places, int64_t *sums, uint16_t *bits,
                     const uint8_t *wanted, int64_t most, int32_t *rows, uint32_t *left, uint32_t *right) {
    Chunk chunk;
    Shards stretches = {edges, shards, places};
    int64_t asked = 0;
    for (int64_t from = 0; from < size; from += CHUNK) {
        int64_t n = begin(&chunk, ids, starts, from, size);
        for (int64_t k = 0; k < depth && n; k++) {
            int32_t *at = chunk.at[k & 1], *next = chunk.at[~k & 1];
            int64_t on = advance(levels[k], radix, ids, length, at, chunk.state[k & 1], n, chunk.number, next,
                                 chunk.state[~k & 1]);
            int64_t edge = 0, there = 0;
            for (int64_t i = 0; i < n; i++) {
                /* Texts come first in `number`, their places in `at`: most places have none. */
                int32_t text = values[k][chunk.number[i]];
                chunk.number[there] = text;
                at[there] = at[i];
                there += text != 0;
            }
            for (int64_t i = 0; i < there; i++) {
                if (i + BATCH < there) {
                    PREFETCH(sums + 4 * (int64_t)chunk.number[i + BATCH]);
                    PREFETCH(bits + chunk.number[i + BATCH]);
                }
                int32_t text = chunk.number[i];
                int64_t last = at[i], first = last - k - 1;
                uint32_t before = first ? ids[first - 1] : 0, after = last + 1 < length ? ids[last + 1] : 0;
                int64_t *sum = sums + 4 * (int64_t)text;
                sum[0]++;
                if (ends[last] && (!first || ends[first - 1])) {
                    sum[1]++;
                    for (int64_t j = first; j < last; j++) sum[2] += ends[j];
                }
                sum[3] += !after;
                bits[text] |= shard_bit(&stretches, &edge, last);
                if (!wanted || !wanted[text]) continue;
                if (asked < most) {
                    rows[asked] = text;
                    left[asked] = before;
                    right[asked] = after;
                }
                asked++;
            }
            n = on;
        }
    }
    return asked;
}

/* wordmodel.expected_counts.tally: occurrences of the words that end at each place, and the shards that have them. */
EXPORT void tally_words(const int32_t *found, int64_t size, int64_t edges, const int64_t *shards, const int64_t *places,
                        int64_t *counts, uint16_t *bits) {
    Shards stretches = {edges, shards, places};
    int64_t edge = 0;
    for (int64_t i = 0; i < size; i++) {
        if (!found[i]) continue;
        counts[found[i]]++;
        bits[found[i]] |= shard_bit(&stretches, &edge, i);
    }
}
