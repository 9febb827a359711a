/* Arrays in, arrays out: the innermost loops of counting, look-up, E-step and best path.

   Every function repeats, cell by cell, the operations of the NumPy code beside its caller, in the same order and with
   the same types, so the bytes are the same: compile with -ffp-contract=off, never with -ffast-math. Lengths and types
   are checked by kernel.py. Nothing is allocated here but small buffers on the stack. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) (void)(address)
#endif

/* Wider vectors where the processor has them; the results are the same. */
#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define VECTORS
#endif

#define BATCH 32   /* look-ups under way at a time, so that their cache misses overlap */
#define CHUNK 1024 /* places whose words are looked up together */
#define TILE 256   /* runs that go through the E-step together */
#define LONGEST 16 /* symbols of a word */

/* Which source this was made of: kernel.py compares. */
EXPORT const char *source_digest(void) { return SOURCE_DIGEST; }

/* A positive number is brought to 1 .. 2; returns by which power of 2 it was divided. */
static inline int64_t normalized(double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    int64_t power = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
    memcpy(value, &bits, sizeof bits);
    return power;
}

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

#define FIRST_SLOT(key, bits) (((key) * 0x9E3779B97F4A7C15ull) >> (64 - (bits)))

EXPORT void fill_level(const uint64_t *keys, const uint8_t *open, int64_t size, int64_t bits, Entry *entries) {
    int64_t mask = ((int64_t)1 << bits) - 1;
    for (int64_t i = 0; i < size; i++) {
        int64_t slot = (int64_t)FIRST_SLOT(keys[i], bits);
        while (entries[slot].state) slot = (slot + 1) & mask;
        entries[slot] = (Entry){keys[i], (int32_t)(i + 1), open[i + 1]};
    }
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

/* wordmodel.em: an E-step over the runs of a block, in tiles that stay in the cache.

   starts: of the steps, steps + 1 of them. numbers[k]: the word of k + 1 symbols that ends in each cell, 0 for none (of one
   symbol: the symbol), whose weight weights[k] has. base[k]: NULL, or the tables of the k + 1 symbols of an unseen word.
   gaps: weights of boundaries, or NULL. totals[k]: take the posteriors of the words, rounded to multiples of 2**-20, as
   wordmodel.em.exact does it. boundary: takes those of boundaries. share: room for longest * (cells of the first tile)
   numbers. Returns the logarithm of the sum over all segmentations. */
VECTORS EXPORT double expect(int64_t steps, const int64_t *starts, int64_t longest, const int32_t *const *numbers,
                             const float *const *weights, const float *const *const *base, const float *gaps,
                             double *const *totals, float *restrict boundary, float *share) {
    int64_t runs = steps ? starts[1] - starts[0] : 0, room = 0, halvings = 0;
    double product = 1.0;
    for (int64_t step = 0; step < steps; step++) {
        int64_t width = starts[step + 1] - starts[step];
        room += width < TILE ? width : TILE;
    }
    for (int64_t first = 0; first < runs; first += TILE) {
        float inverse[LONGEST][TILE], before[TILE], ratio[TILE], measure[TILE]; /* inverse: 1 / r of the last steps */
        double likelihood[TILE];
        int32_t chosen[TILE];
        int64_t step, done = 0;
        for (int64_t j = 0; j < TILE; j++) likelihood[j] = 1.0;
        for (step = 0; step < steps; step++) {
            int64_t width = starts[step + 1] - starts[step] - first, a = starts[step] + first;
            if (width <= 0) break;
            if (width > TILE) width = TILE;
            for (int64_t k = 0; k < longest && k <= step; k++) {
                float *restrict q = share + k * room + done;
                const int32_t *word = numbers[k] + a;
                const float *weight = weights[k];
                for (int64_t j = 0; j < width; j++) q[j] = weight[word[j]];
                if (base[k]) {
                    const int32_t *symbol = numbers[0] + a;
                    for (int64_t j = 0; j < width; j++) measure[j] = base[k][k][symbol[j]];
                    for (int64_t i = 0; i < k; i++) {
                        const float *of_place = base[k][i];
                        symbol = numbers[0] + starts[step - k + i] + first;
                        for (int64_t j = 0; j < width; j++) measure[j] *= of_place[symbol[j]];
                    }
                    for (int64_t j = 0; j < width; j++) q[j] += measure[j];
                }
                if (k == 0) {
                    for (int64_t j = 0; j < width; j++) ratio[j] = q[j];
                    continue;
                }
                const float *last = inverse[(step - k) % LONGEST];
                if (k == 1) for (int64_t j = 0; j < width; j++) before[j] = last[j];
                else for (int64_t j = 0; j < width; j++) before[j] *= last[j];
                for (int64_t j = 0; j < width; j++) {
                    q[j] *= before[j];
                    ratio[j] += q[j];
                }
            }
            for (int64_t j = 0; j < width; j++) ratio[j] = 1.0f / ratio[j];
            for (int64_t k = 0; k < longest && k <= step; k++) {
                float *restrict q = share + k * room + done;
                for (int64_t j = 0; j < width; j++) q[j] *= ratio[j];
            }
            if (gaps) for (int64_t j = 0; j < width; j++) ratio[j] /= gaps[a + j];
            for (int64_t j = 0; j < width; j++) inverse[step % LONGEST][j] = ratio[j];
            for (int64_t j = 0; j < width; j++) likelihood[j] *= (double)ratio[j];
            if (step % 4 == 3) for (int64_t j = 0; j < width; j++) halvings += normalized(&likelihood[j]);
            memset(boundary + a, 0, (size_t)width * sizeof(float));
            done += width;
        }
        for (int64_t j = 0; j < TILE; j++) {
            halvings += normalized(&likelihood[j]);
            product *= likelihood[j];
            if (j % 64 == 63) halvings += normalized(&product);
        }
        for (step--; step >= 0; step--) {
            int64_t width = starts[step + 1] - starts[step] - first, a = starts[step] + first;
            if (width > TILE) width = TILE;
            done -= width;
            /* Runs that are no longer than this step end here. */
            int64_t longer = step + 1 < steps ? starts[step + 2] - starts[step + 1] - first : 0;
            float *ends = boundary + a;
            for (int64_t j = longer > 0 ? longer : 0; j < width; j++) ends[j] = 1.0f;
            for (int64_t k = 0; k < longest && k <= step; k++) {
                float *restrict q = share + k * room + done;
                for (int64_t j = 0; j < width; j++) q[j] *= ends[j];
                if (k < step) {
                    float *earlier = boundary + starts[step - k - 1] + first;
                    for (int64_t j = 0; j < width; j++) earlier[j] += q[j];
                }
                const int32_t *word = numbers[k] + a;
                double *total = totals[k];
                int64_t some = 0;
                for (int64_t j = 0; j < width; j++) measure[j] = (q[j] + 8.0f) - 8.0f;
                /* A branch for what is no word, or hardly one, would be foretold wrongly half of the time. */
                for (int64_t j = 0; j < width; j++) {
                    chosen[some] = (int32_t)j;
                    some += measure[j] != 0.0f;
                }
                for (int64_t i = 0; i < some; i++) total[word[chosen[i]]] += (double)measure[chosen[i]];
            }
        }
    }
    return -(log(product) + (double)halvings * 0.693147180559945309);
}

/* lattice.paths.best_path of runs where they stand: starts, sizes of the runs; scores[k] of the word of k + 1 symbols that
   ends at each place. ends: 1 where a word ends; length, gain: room for the longest run. */
EXPORT void best_paths(int64_t runs, const int64_t *starts, const int64_t *sizes, int64_t longest,
                       const float *const *scores, uint8_t *ends, uint8_t *length, float *gain) {
    for (int64_t run = 0; run < runs; run++) {
        int64_t first = starts[run], size = sizes[run];
        for (int64_t t = 0; t < size; t++) {
            float best = scores[0][first + t], before = 0.0f;
            uint8_t of_best = 1;
            for (int64_t k = 1; k < longest && k <= t; k++) {
                before = k == 1 ? gain[t - 1] : before + gain[t - k];
                float score = scores[k][first + t] - before;
                if (score > best) {
                    best = score;
                    of_best = (uint8_t)(k + 1);
                }
            }
            gain[t] = best;
            length[t] = of_best;
        }
        if (size > 0) memset(ends + first, 0, (size_t)size);
        for (int64_t t = size - 1; t >= 0; t -= length[t]) ends[first + t] = 1;
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

/* The weights of the words that end at each place, and of unseen ones: wordmodel.em.Base.measure, or NULL. */
VECTORS EXPORT void weigh(const int32_t *found, const float *weights, const uint32_t *ids, int64_t size, int64_t length,
                          const float *const *base, float *out) {
    for (int64_t i = 0; i < size; i++) out[i] = weights[found[i]];
    if (!base) return;
    for (int64_t i = length - 1; i < size; i++) {
        const uint32_t *first = ids + i - length + 1;
        float product = base[0][first[0]];
        for (int64_t j = 1; j < length; j++) product *= base[j][first[j]];
        out[i] += product;
    }
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

/* base.steady.exp of one number, which is clipped to +-80 nats. Below 2**22 adding and subtracting 1.5 * 2**23 rounds half to even. */
static inline float steady_exp(float x) {
    const float big = 12582912.0f;
    x = x < -80.0f ? -80.0f : x > 80.0f ? 80.0f : x;
    float power = (x * 1.44269504088896341f + big) - big;
    x -= power * 0.693359375f;
    x -= power * -2.12194440e-4f;
    float y = x * 1.9875691500e-4f;
    y = (y + 1.3981999507e-3f) * x;
    y = (y + 8.3334519073e-3f) * x;
    y = (y + 4.1665795894e-2f) * x;
    y = (y + 1.6666665459e-1f) * x;
    y += 5.0000001201e-1f;
    y *= x;
    y *= x;
    y += x;
    y += 1.0f;
    int32_t bits = ((int32_t)power + 127) << 23;
    float factor;
    memcpy(&factor, &bits, sizeof factor);
    return y * factor;
}

VECTORS EXPORT void exponentials(const float *values, int64_t size, float *out) {
    for (int64_t i = 0; i < size; i++) out[i] = steady_exp(values[i]);
}

/* wordmodel.gap_regression: the features of the gaps after the cells of a step. */
enum { PAIR_BEFORE, PAIR_AFTER, BEFORE, AFTER };

static void gap_features(int family, int64_t steps, const int64_t *starts, const int32_t *symbols, const int32_t *pairs,
                         int32_t edge, int64_t step, int64_t from, int64_t size, int32_t *out) {
    int64_t a = starts[step] + from, b = starts[step + 1] + from, longer = 0;
    if (family == BEFORE || family == AFTER) {
        memcpy(out, symbols + (family == BEFORE ? a : b), (size_t)size * sizeof *out);
    } else if (family == PAIR_BEFORE) {
        if (step) memcpy(out, pairs + a, (size_t)size * sizeof *out);
        else for (int64_t j = 0; j < size; j++) out[j] = symbols[a + j] + edge;
    } else {
        if (step + 2 < steps) longer = starts[step + 3] - starts[step + 2] - from;
        if (longer > size) longer = size;
        if (longer < 0) longer = 0;
        for (int64_t j = 0; j < longer; j++) out[j] = pairs[starts[step + 2] + from + j];
        for (int64_t j = longer; j < size; j++) out[j] = symbols[b + j] + edge;
    }
}

/* GapRegression._derivatives. scores, targets: of the gaps, in the order of _features. updated: the family whose last step
   is still to be added to the scores, or -1. sums: of y - p and of p (1 - p), side by side, by feature of `family`; or NULL:
   nothing but the update. */
VECTORS EXPORT void gap_derivatives(int64_t steps, const int64_t *starts, const int32_t *symbols, const int32_t *pairs, int64_t edge,
                            int64_t updated, const float *update, int64_t family, float *scores, const float *targets,
                            double *sums) {
    int32_t feature[TILE];
    float missing[TILE], slope[TILE];
    for (int64_t step = 0, gap = 0; step + 1 < steps; step++) {
        int64_t width = starts[step + 2] - starts[step + 1];
        for (int64_t from = 0; from < width; from += TILE) {
            int64_t size = width - from < TILE ? width - from : TILE;
            float *score = scores + gap;
            if (updated >= 0) {
                gap_features((int)updated, steps, starts, symbols, pairs, (int32_t)edge, step, from, size, feature);
                for (int64_t j = 0; j < size; j++) score[j] += update[feature[j]];
            }
            if (sums) {
                gap_features((int)family, steps, starts, symbols, pairs, (int32_t)edge, step, from, size, feature);
                for (int64_t j = 0; j < size; j++) {
                    float p = 1.0f / (steady_exp(-score[j]) + 1.0f);
                    missing[j] = targets[gap + j] - p;
                    slope[j] = p * (1.0f - p);
                }
                for (int64_t j = 0; j < size; j++) {
                    double *of_feature = sums + 2 * (int64_t)feature[j];
                    of_feature[0] += missing[j];
                    of_feature[1] += slope[j];
                }
            }
            gap += size;
        }
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

/* lattice.sums.best_sums of runs where they stand: starts, sizes of the runs. scores[k]: of the word of k + 1 symbols that ends
   at each place; first: number, from 1, of the first longer word that ends there, 0 for none, of which lengths, values,
   more say what RareWords does; or NULL: there are none. ends: 1 where a word ends; total, length: room for the longest run. */
EXPORT void best_sums(int64_t runs, const int64_t *starts, const int64_t *sizes, int64_t dense, const int32_t *const *scores,
                      const int32_t *first, const int64_t *lengths, const int32_t *values, const uint8_t *more,
                      uint8_t *ends, int32_t *total, int32_t *length) {
    for (int64_t run = 0; run < runs; run++) {
        int64_t start = starts[run], size = sizes[run];
        for (int64_t t = 0; t < size; t++) {
            int64_t place = start + t;
            int32_t best = scores[0][place] + (t ? total[t - 1] : 0), of_best = 1;
            for (int32_t k = 2; k <= dense && k <= t + 1; k++) {
                int32_t sum = scores[k - 1][place] + (t >= k ? total[t - k] : 0);
                if (sum > best) {
                    best = sum;
                    of_best = k;
                }
            }
            int64_t word = first ? first[place] : 0;
            for (int64_t go_on = word > 0; go_on; word++) {
                int64_t k = lengths[word - 1];
                go_on = more[word - 1];
                if (k > t + 1) continue; /* it began before its run was cut in two */
                int32_t sum = values[word - 1] + (t >= k ? total[t - k] : 0);
                if (sum > best) {
                    best = sum;
                    of_best = (int32_t)k;
                }
            }
            total[t] = best;
            length[t] = of_best;
        }
        if (size > 0) memset(ends + start, 0, (size_t)size);
        for (int64_t t = size - 1; t >= 0; t -= length[t]) ends[start + t] = 1;
    }
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

/* segmentation.blockpath: the scores of unseen words of some symbols, where they are more than those in `scores`. tables: of the
   symbols at each place of the word; never: of what is no word; bounds: before which symbols none goes on, or NULL. */
EXPORT void raise_to_unseen(const uint32_t *ids, int64_t size, int64_t length, const int32_t *const *tables, int32_t never,
                            const uint8_t *bounds, int32_t *scores) {
    for (int64_t i = length - 1; i < size; i++) {
        const uint32_t *first = ids + i - length + 1;
        int32_t sum = 0;
        for (int64_t j = 0; j < length; j++) sum += tables[j][first[j]];
        if (bounds) {
            for (int64_t j = 1; j < length; j++) {
                if (bounds[i - length + 1 + j]) sum = never;
            }
        }
        if (sum > scores[i]) scores[i] = sum;
    }
}
