/* fuzz.h - what every fuzz harness defines: libFuzzer's entry, which replay.c calls too */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Feeds data[0..size) to what the harness is for.  Aborts when that misbehaves; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
