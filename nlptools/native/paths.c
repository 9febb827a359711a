/* Scores of the words that end at each place of a text -> where the words of the best segmentation end. */

#include "kernel.h"

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
