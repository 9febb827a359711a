/* Code points -> the cells of a text; tokens, or code points and gaps -> what is written of them, as UTF-8. */

#include "kernel.h"

/* Bytes of the texts of some ids, one after another; -1 where an id is none of `known`. */
EXPORT int64_t room_of_texts(const int32_t *ids, int64_t size, int64_t known, const int64_t *edges) {
    int64_t bytes = 0;
    for (int64_t i = 0; i < size; i++) {
        if ((uint64_t)(int64_t)ids[i] >= (uint64_t)known) return -1;
        bytes += edges[ids[i] + 1] - edges[ids[i]];
    }
    return bytes;
}

/* `out` with a text behind what is there, of which `at` bytes. */
static inline int64_t put(uint8_t *out, int64_t at, const int64_t *edges, const uint8_t *texts, int64_t id) {
    const uint8_t *text = texts + edges[id];
    int64_t bytes = edges[id + 1] - edges[id];
    if (bytes <= 16) {
        memcpy(out + at, text, 16); /* of a fixed size: no call */
    } else {
        memcpy(out + at, text, (size_t)bytes);
    }
    return at + bytes;
}

/* The texts of some ids, one after another, and that of `line` before those whose numbers are in `before`, which rise. edges: by
   id where its text begins in `texts`, and where the last one ends; behind it, and behind the room in `out`, there are 16 bytes
   more. trim: a blank before a line's text is left out. Returns how many bytes there are. */
EXPORT int64_t join_texts(const int32_t *ids, int64_t size, const int64_t *before, int64_t lines, int64_t line, int64_t trim,
                          const int64_t *edges, const uint8_t *texts, uint8_t *out) {
    int64_t at = 0, next = 0;
    for (int64_t i = 0; i <= size; i++) {
        for (; next < lines && before[next] <= i; next++) {
            at -= trim && at > 0 && out[at - 1] == ' ';
            at = put(out, at, edges, texts, line);
        }
        if (i < size) at = put(out, at, edges, texts, ids[i]);
    }
    return at;
}

/* Code points of `width` bytes as UTF-8, with a separator behind some of them. gaps: behind which. Returns how many bytes there are;
   `out` has room for four and the separator for each. */
EXPORT int64_t space_out(const void *codes, int64_t width, int64_t size, const uint8_t *gaps, const uint8_t *separator,
                         int64_t bytes, uint8_t *out) {
    int64_t at = 0;
    for (int64_t i = 0; i < size; i++) {
        uint32_t code = width == 2 ? ((const uint16_t *)codes)[i] : ((const uint32_t *)codes)[i];
        if (code >= 0x800 && code < 0x10000) { /* first what is most frequent */
            out[at++] = (uint8_t)(0xE0 | code >> 12);
            out[at++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
            out[at++] = (uint8_t)(0x80 | (code & 0x3F));
        } else if (code < 0x80) {
            out[at++] = (uint8_t)code;
        } else if (code < 0x800) {
            out[at++] = (uint8_t)(0xC0 | code >> 6);
            out[at++] = (uint8_t)(0x80 | (code & 0x3F));
        } else {
            out[at++] = (uint8_t)(0xF0 | code >> 18);
            out[at++] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
            out[at++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
            out[at++] = (uint8_t)(0x80 | (code & 0x3F));
        }
        if (!gaps[i]) continue;
        for (int64_t j = 0; j < bytes; j++) out[at++] = separator[j];
    }
    return at;
}

/* segmentation.tokens: the cells of a text. joined: whether each code point belongs to the cell before it; kinds: of the code
   points; ids: of each by itself, of `width` bytes. at, named: take where each cell begins, and its id; which: numbers of the
   cells that may have names, letters and digits or rows of Han characters, these having the id 0. Returns how many cells there
   are, and in *asked how many of these. */
EXPORT int64_t lay_cells(const uint8_t *joined, const uint8_t *kinds, const void *ids, int64_t width, int64_t size, int64_t han,
                         int64_t word, int64_t mark, int64_t *at, uint32_t *named, int64_t *which, int64_t *asked) {
    int64_t cells = 0, names = 0;
    for (int64_t i = 0; i < size;) {
        int64_t begin = i, signs = kinds[i] != mark;
        for (i++; i < size && joined[i]; i++) signs += kinds[i] != mark;
        int row = kinds[begin] == han && signs > 1;
        at[cells] = begin;
        named[cells] = row ? 0 : width == 2 ? ((const uint16_t *)ids)[begin] : ((const uint32_t *)ids)[begin];
        which[names] = cells++;
        names += row || kinds[begin] == word;
    }
    *asked = names;
    return cells;
}

/* ends: whether a token ends after each code point, from whether one ends with each cell. */
EXPORT void spread_ends(const int64_t *at, int64_t cells, const uint8_t *cut, int64_t size, uint8_t *ends) {
    if (size > 0) memset(ends, 0, (size_t)size);
    for (int64_t i = 0; i < cells; i++) ends[(i + 1 < cells ? at[i + 1] : size) - 1] = cut[i];
}
