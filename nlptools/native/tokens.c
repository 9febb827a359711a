/* Words of a list by their symbols + runs of a text -> the words of the best segmentation of each run, in one pass. */

#include "kernel.h"

/* A level of a lattice.trie.Trie as in trie.c, but the value of a word lies beside its state: a look-up is one cache miss. */
typedef struct {
    uint64_t key;
    int32_t state; /* twice the state, and 1 where longer words begin so; 0: an empty slot */
    int32_t value; /* of the word; what says that there is none, also in empty slots */
} Word;

typedef struct {
    const Word *words; /* 1 << bits of them, at most half of them taken */
    int64_t bits;
} WordLevel;

/* keys, open, values: of the states, as trie.c has them; words: all zero. */
EXPORT void fill_words(const uint64_t *keys, const uint8_t *open, const int32_t *values, int32_t none, int64_t size,
                       int64_t bits, Word *words) {
    int64_t mask = ((int64_t)1 << bits) - 1;
    for (int64_t slot = 0; slot <= mask; slot++) words[slot].value = none;
    for (int64_t i = 0; i < size; i++) {
        int64_t slot = (int64_t)FIRST_SLOT(keys[i], bits);
        while (words[slot].state) slot = (slot + 1) & mask;
        words[slot] = (Word){keys[i], (int32_t)(2 * (i + 1)) | open[i + 1], values[i + 1]};
    }
}

/* Some runs side by side, a break (0) before each and after the last, and the words that end at each symbol of them. */
typedef struct {
    double *total;              /* the sum of the best path up to each symbol */
    uint32_t *symbol;
    int32_t *two, *three;       /* the value of the word of so many symbols that ends there, or none */
    int32_t *rare;              /* the last of the longer ones that end there, -1: none; they are in a list by falling length: */
    int32_t *next, *value, *length;
    int32_t *at, *state;        /* of the look-ups under way */
    int32_t *best, *chosen;     /* of the last word of the best path: its symbols, its value */
    int64_t size;
} Runs;

/* room: int32, (10 + 3 * depth) * most of them, for `most` symbols. */
static Runs lay_out(int32_t *room, int64_t most, int64_t depth) {
    Runs runs;
    runs.total = (double *)room; /* twice as wide */
    runs.symbol = (uint32_t *)(room += 2 * most);
    runs.two = room += most;
    runs.three = room += most;
    runs.rare = room += most;
    runs.at = room += most;
    runs.state = room += most;
    runs.best = room += most;
    runs.chosen = room += most;
    room += most;
    runs.next = room;
    runs.value = room + most * depth;
    runs.length = room + 2 * most * depth;
    runs.size = 0;
    return runs;
}

/* As many of the runs as there is room for, from `run` on; the number of the next one. */
static int64_t take(Runs *runs, int64_t run, int64_t number, const int64_t *starts, const int64_t *sizes,
                    const uint32_t *ids, int64_t most) {
    int64_t size = 0;
    runs->symbol[size++] = 0;
    for (; run < number && size + sizes[run] < most; run++) {
        memcpy(runs->symbol + size, ids + starts[run], sizeof *ids * (size_t)sizes[run]);
        size += sizes[run];
        runs->symbol[size++] = 0;
    }
    runs->size = size;
    return run;
}

/* All words of two symbols and more in the runs. */
static void find_words(Runs *runs, int64_t depth, const WordLevel *const *levels, uint64_t radix, int32_t none) {
    uint64_t keys[BATCH];
    int64_t open = 0, found = 0;
    const uint32_t *symbol = runs->symbol;
    for (int64_t i = 0; i < runs->size; i++) {
        runs->two[i] = runs->three[i] = none;
        runs->rare[i] = -1;
    }
    for (int64_t i = 0; i + 1 < runs->size; i++) {
        runs->at[open] = (int32_t)(i + 1);
        runs->state[open] = (int32_t)symbol[i];
        open += symbol[i] && symbol[i + 1];
    }
    for (int64_t k = 0; k < depth && open; k++) {
        const Word *words = levels[k]->words;
        int64_t bits = levels[k]->bits, mask = ((int64_t)1 << bits) - 1, size = open;
        open = 0;
        for (int64_t start = 0; start < size; start += BATCH) {
            int64_t n = size - start < BATCH ? size - start : BATCH;
            for (int64_t i = 0; i < n; i++) {
                keys[i] = (uint64_t)runs->state[start + i] * radix + symbol[runs->at[start + i]];
                PREFETCH(&words[FIRST_SLOT(keys[i], bits)]);
            }
            for (int64_t i = 0; i < n; i++) {
                int64_t slot = (int64_t)FIRST_SLOT(keys[i], bits);
                while (words[slot].state && words[slot].key != keys[i]) slot = (slot + 1) & mask;
                int32_t place = runs->at[start + i], value = words[slot].value;
                if (k == 0) {
                    runs->two[place] = value;
                } else if (k == 1) {
                    runs->three[place] = value;
                } else if (value != none) {
                    runs->next[found] = runs->rare[place];
                    runs->value[found] = value;
                    runs->length[found] = (int32_t)(k + 2);
                    runs->rare[place] = (int32_t)found++;
                }
                /* It is written no further than it was read. */
                runs->at[open] = place + 1;
                runs->state[open] = words[slot].state >> 1;
                open += (words[slot].state & 1) && symbol[place + 1];
            }
        }
    }
}

/* What a symbol adds to the score of a word: alone, and at each place of an unseen word of two and of three. */
typedef struct {
    int32_t alone, pair[2], triple[3], unused[2];
} SymbolScores;

/* lattice.sums.best_sums of runs where they stand, with the words of a trie and unseen ones as segmentation.blockpath has them.
   bounds: before which symbols no unseen word goes on, or NULL; ends: 1 where a word ends. Of equal sums the shorter word. */
EXPORT void cut_by_sums(int64_t depth, const WordLevel *const *levels, uint64_t radix, int32_t never,
                        const SymbolScores *scores, int64_t number, const int64_t *starts, const int64_t *sizes,
                        const uint32_t *ids, const uint8_t *bounds, int64_t most, int32_t *room, uint8_t *ends) {
    Runs runs = lay_out(room, most, depth);
    int32_t *total = (int32_t *)runs.total;
    for (int64_t run = 0; run < number;) {
        int64_t first = run;
        run = take(&runs, run, number, starts, sizes, ids, most);
        find_words(&runs, depth, levels, radix, never);
        for (int64_t begin = 1; first < run; begin += sizes[first] + 1, first++) {
            const SymbolScores *one = scores, *two = scores; /* of the last symbol and of that before it */
            uint8_t *end = ends + starts[first];
            const uint8_t *bound = bounds ? bounds + starts[first] : 0;
            total[begin - 1] = 0;
            for (int64_t t = 0; t < sizes[first]; t++) {
                int64_t i = begin + t;
                const SymbolScores *here = scores + runs.symbol[i];
                int32_t best = here->alone + total[i - 1], of_best = 1, long_best = INT32_MIN, of_long = 0;
                if (t >= 1) {
                    int32_t score = runs.two[i], unseen = one->pair[0] + here->pair[1];
                    if (bound && bound[t]) unseen = never;
                    score = unseen > score ? unseen : score;
                    if (score + total[i - 2] > best) best = score + total[i - 2], of_best = 2;
                }
                if (t >= 2) {
                    int32_t score = runs.three[i], unseen = two->triple[0] + one->triple[1] + here->triple[2];
                    if (bound && (bound[t] || bound[t - 1])) unseen = never;
                    score = unseen > score ? unseen : score;
                    if (score + total[i - 3] > best) best = score + total[i - 3], of_best = 3;
                }
                for (int32_t word = runs.rare[i]; word >= 0; word = runs.next[word]) {
                    int32_t sum = runs.value[word] + total[i - runs.length[word]];
                    if (sum >= long_best) long_best = sum, of_long = runs.length[word];
                }
                total[i] = long_best > best ? long_best : best;
                runs.best[i] = long_best > best ? of_long : of_best;
                two = one;
                one = here;
            }
            if (sizes[first] > 0) memset(end, 0, (size_t)sizes[first]);
            for (int64_t t = sizes[first] - 1; t >= 0; t -= runs.best[begin + t]) end[t] = 1;
        }
    }
}

/* lattice.exact: the words on the best path of runs where they stand, by float64. values of the trie: numbers of words, -1 for
   none; scores: of the words; alone, alone_scores: number and score of each symbol as a word. backward: a symbol that is no
   word never stands alone where a word ends at it. lengths, words: of what ends at each symbol. Of equal sums the longer. */
EXPORT void cut_exactly(int64_t depth, const WordLevel *const *levels, uint64_t radix, const double *scores,
                        const int32_t *alone, const double *alone_scores, int64_t backward, int64_t number,
                        const int64_t *starts, const int64_t *sizes, const uint32_t *ids, int64_t most, int32_t *room,
                        uint8_t *lengths, int32_t *words) {
    Runs runs = lay_out(room, most, depth);
    double *total = runs.total;
    for (int64_t run = 0; run < number;) {
        int64_t first = run;
        run = take(&runs, run, number, starts, sizes, ids, most);
        find_words(&runs, depth, levels, radix, -1);
        for (int64_t begin = 1; first < run; begin += sizes[first] + 1, first++) {
            total[begin - 1] = 0;
            for (int64_t i = begin; i < begin + sizes[first]; i++) {
                uint32_t symbol = runs.symbol[i];
                int32_t two = runs.two[i], three = runs.three[i], of_best = 1, of_long = 0, chosen = alone[symbol];
                int any = two >= 0 || three >= 0 || runs.rare[i] >= 0;
                double best = backward && chosen < 0 && any ? -INFINITY : alone_scores[symbol];
                best += total[i - 1];
                if (i > begin) {
                    double sum = two < 0 ? -INFINITY : scores[two] + total[i - 2];
                    if (sum >= best) best = sum, of_best = 2, chosen = two;
                }
                if (i > begin + 1) {
                    double sum = three < 0 ? -INFINITY : scores[three] + total[i - 3];
                    if (sum >= best) best = sum, of_best = 3, chosen = three;
                }
                double long_best = -INFINITY;
                int32_t of_list = -1;
                for (int32_t word = runs.rare[i]; word >= 0; word = runs.next[word]) {
                    double sum = scores[runs.value[word]] + total[i - runs.length[word]];
                    if (!of_long || sum > long_best) long_best = sum, of_long = runs.length[word], of_list = runs.value[word];
                }
                if (of_long && long_best >= best) best = long_best, of_best = of_long, chosen = of_list;
                total[i] = best;
                runs.best[i] = of_best;
                runs.chosen[i] = chosen;
            }
            for (int64_t t = sizes[first] - 1; t >= 0; t -= runs.best[begin + t]) {
                lengths[starts[first] + t] = (uint8_t)runs.best[begin + t];
                words[starts[first] + t] = runs.chosen[begin + t];
            }
        }
    }
}

/* The state after a symbol, as find_words has it (twice the state, and 1 where longer words begin so), and the value of the word
   that ends there. 0: no word begins so. */
static inline int32_t step(const WordLevel *level, uint64_t radix, uint64_t state, uint32_t symbol, int32_t *value) {
    uint64_t key = state * radix + symbol;
    int64_t slot = (int64_t)FIRST_SLOT(key, level->bits), mask = ((int64_t)1 << level->bits) - 1;
    while (level->words[slot].state && level->words[slot].key != key) slot = (slot + 1) & mask;
    *value = level->words[slot].value;
    return level->words[slot].state;
}

/* vocab.wordpiece.word_pieces of spans of a text: the longest piece, then the longest of what is left. depths, levels: of the
   pieces that begin a word, [0], and of those that go on, [1]; alone: by symbol the piece of it alone, -1: none, in both.
   tokens, lengths: take the piece that ends at each symbol and its length, 0 where none does; a span of more than `longest`
   symbols, or in which something is no piece, is one token, `unknown`. */
EXPORT void cut_greedily(const int64_t *depths, const WordLevel *const *const *levels, uint64_t radix,
                         const int32_t *const *alone, int64_t number, const int64_t *starts, const int64_t *stops,
                         const uint32_t *symbols, int64_t longest, int32_t unknown, int32_t *tokens, int32_t *lengths) {
    for (int64_t span = 0; span < number; span++) {
        int64_t at = starts[span], stop = stops[span];
        memset(lengths + at, 0, sizeof *lengths * (size_t)(stop - at));
        while (at < stop && stop - starts[span] <= longest) {
            int64_t later = at > starts[span], state = symbols[at], size = 1;
            int32_t best = state ? alone[later][state] : -1, value;
            for (int64_t k = 0; state && k < depths[later] && at + k + 1 < stop; k++) {
                int32_t next = step(levels[later][k], radix, (uint64_t)state, symbols[at + k + 1], &value);
                if (value >= 0) best = value, size = k + 2;
                state = next & 1 ? next >> 1 : 0;
            }
            if (best < 0) break;
            at += size;
            tokens[at - 1] = best;
            lengths[at - 1] = (int32_t)size;
        }
        if (at == stop) continue;
        memset(lengths + starts[span], 0, sizeof *lengths * (size_t)(stop - starts[span]));
        tokens[stop - 1] = unknown;
        lengths[stop - 1] = (int32_t)(stop - starts[span]);
    }
}
