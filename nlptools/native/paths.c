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
