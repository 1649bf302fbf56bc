// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_ALLOCATIONS_H
#define GATEHOUSE_ALLOCATIONS_H

#include <stdint.h>

/// What the process has asked the C library's heap for so far. A program that links this target has every call
/// counted, also those of the Swift runtime.
struct gatehouse_allocations {
    /// Blocks, those that `realloc` made or moved included.
    uint64_t blocks;
    uint64_t bytes;
};

struct gatehouse_allocations gatehouse_allocations_so_far(void);

/// Calls `body` with `context`. It has a name of its own and is never inlined, so that callgrind can be told to count
/// inside it alone.
void gatehouse_measured_region(void (*body)(void *), void *context);

#endif
