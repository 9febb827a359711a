/* For the C files of this folder: arrays in, arrays out.

   Every function repeats, cell by cell, the operations of the NumPy code beside its caller, in the same order and with
   the same types, so the bytes are the same: compile with -ffp-contract=off, never with -ffast-math. Lengths and types
   are checked by kernel.py. Nothing is allocated here but small buffers on the stack. */

#ifndef NLPTOOLS_KERNEL_H
#define NLPTOOLS_KERNEL_H

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
#define INLINE inline __attribute__((always_inline))
#else
#define PREFETCH(address) (void)(address)
#define INLINE inline
#endif

/* Wider vectors where the processor has them; the results are the same. */
#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define VECTORS
#endif

/* Where a key is looked for first in a table of 1 << bits slots. */
#define FIRST_SLOT(key, bits) (((key) * 0x9E3779B97F4A7C15ull) >> (64 - (bits)))

#define BATCH 32   /* look-ups under way at a time, so that their cache misses overlap */
#define CHUNK 1024 /* places whose words are looked up together */
#define TILE 256   /* runs that go through the E-step together */
#define LONGEST 16 /* symbols of a word */

#endif
