/* Words in runs + their weights -> expected counts; posteriors of boundaries + symbols -> a step of the gap regression. */

#include "kernel.h"

/* A positive number is brought to 1 .. 2; returns by which power of 2 it was divided. */
static inline int64_t normalized(double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    int64_t power = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
    memcpy(value, &bits, sizeof bits);
    return power;
}

/* A block of runs, laid out time by time (lattice.runs.Steps); what `expect` says of its arguments. room: cells of the first,
   which is the largest, tile. */
typedef struct {
    int64_t steps;
    const int64_t *starts;
    int64_t longest;
    const int32_t *const *numbers;
    const float *const *weights;
    const float *const *const *base;
    const float *gaps;
    float *share;
    int64_t room;
} Block;

/* How many runs of the tile that begins with run `first` are longer than a step. */
static inline int64_t width_of(const Block *block, int64_t step, int64_t first) {
    int64_t width = step < block->steps ? block->starts[step + 1] - block->starts[step] - first : 0;
    return width < 0 ? 0 : width < TILE ? width : TILE;
}

/* Weights of the words of k + 1 symbols that end in the cells of a step of a tile, into q. */
static INLINE void weigh_words(const Block *block, int64_t k, int64_t step, int64_t first, int64_t width, float *restrict q) {
    const int32_t *word = block->numbers[k] + block->starts[step] + first;
    const float *weight = block->weights[k], *const *base = block->base[k];
    for (int64_t j = 0; j < width; j++) q[j] = weight[word[j]];
    if (!base) return;
    float measure[TILE];
    const int32_t *symbol = block->numbers[0] + block->starts[step] + first;
    for (int64_t j = 0; j < width; j++) measure[j] = base[k][symbol[j]];
    for (int64_t i = 0; i < k; i++) {
        const float *of_place = base[i];
        symbol = block->numbers[0] + block->starts[step - k + i] + first;
        for (int64_t j = 0; j < width; j++) measure[j] *= of_place[symbol[j]];
    }
    for (int64_t j = 0; j < width; j++) q[j] += measure[j];
}

/* From left to right: the share of each word among those that end in its cell, step after step into block->share. Returns how
   many cells the tile has. */
static INLINE int64_t forward(const Block *block, int64_t first, double *likelihood, int64_t *halvings) {
    float inverse[LONGEST][TILE], before[TILE], ratio[TILE]; /* inverse: 1 / r of the last steps */
    int64_t done = 0;
    for (int64_t step = 0, width; (width = width_of(block, step, first)) > 0; step++) {
        for (int64_t k = 0; k < block->longest && k <= step; k++) {
            float *restrict q = block->share + k * block->room + done;
            weigh_words(block, k, step, first, width, q);
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
        for (int64_t k = 0; k < block->longest && k <= step; k++) {
            float *restrict q = block->share + k * block->room + done;
            for (int64_t j = 0; j < width; j++) q[j] *= ratio[j];
        }
        const float *gap = block->gaps ? block->gaps + block->starts[step] + first : 0;
        if (gap) for (int64_t j = 0; j < width; j++) ratio[j] /= gap[j];
        for (int64_t j = 0; j < width; j++) inverse[step % LONGEST][j] = ratio[j];
        for (int64_t j = 0; j < width; j++) likelihood[j] *= (double)ratio[j];
        if (step % 4 == 3) for (int64_t j = 0; j < width; j++) *halvings += normalized(&likelihood[j]);
        done += width;
    }
    return done;
}

/* From right to left: posteriors of boundaries, and of the words, which are added to the totals. done: cells of the tile. */
static INLINE void backward(const Block *block, int64_t first, int64_t done, double *const *totals,
                            float *restrict boundary) {
    float rounded[TILE];
    int32_t chosen[TILE];
    int64_t step = 0;
    for (int64_t width; (width = width_of(block, step, first)) > 0; step++) {
        memset(boundary + block->starts[step] + first, 0, (size_t)width * sizeof(float));
    }
    for (step--; step >= 0; step--) {
        int64_t width = width_of(block, step, first), a = block->starts[step] + first;
        float *ends = boundary + a;
        done -= width;
        /* Runs that are no longer than this step end here. */
        for (int64_t j = width_of(block, step + 1, first); j < width; j++) ends[j] = 1.0f;
        for (int64_t k = 0; k < block->longest && k <= step; k++) {
            float *restrict q = block->share + k * block->room + done;
            for (int64_t j = 0; j < width; j++) q[j] *= ends[j];
            if (k < step) {
                float *earlier = boundary + block->starts[step - k - 1] + first;
                for (int64_t j = 0; j < width; j++) earlier[j] += q[j];
            }
            const int32_t *word = block->numbers[k] + a;
            double *total = totals[k];
            int64_t some = 0;
            for (int64_t j = 0; j < width; j++) rounded[j] = (q[j] + 8.0f) - 8.0f;
            /* A branch for what is no word, or hardly one, would be foretold wrongly half of the time. */
            for (int64_t j = 0; j < width; j++) {
                chosen[some] = (int32_t)j;
                some += rounded[j] != 0.0f;
            }
            for (int64_t i = 0; i < some; i++) total[word[chosen[i]]] += (double)rounded[chosen[i]];
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
    Block block = {steps, starts, longest, numbers, weights, base, gaps, share, 0};
    int64_t runs = steps ? starts[1] - starts[0] : 0, halvings = 0;
    double product = 1.0;
    for (int64_t step = 0; step < steps; step++) block.room += width_of(&block, step, 0);
    for (int64_t first = 0; first < runs; first += TILE) {
        double likelihood[TILE]; /* of each run: the product of its 1 / r, times 2 ** halvings */
        for (int64_t j = 0; j < TILE; j++) likelihood[j] = 1.0;
        int64_t done = forward(&block, first, likelihood, &halvings);
        for (int64_t j = 0; j < TILE; j++) {
            halvings += normalized(&likelihood[j]);
            product *= likelihood[j];
            if (j % 64 == 63) halvings += normalized(&product);
        }
        backward(&block, first, done, totals, boundary);
    }
    return -(log(product) + (double)halvings * 0.693147180559945309);
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
