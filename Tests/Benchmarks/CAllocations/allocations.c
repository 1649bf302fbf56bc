// SPDX-License-Identifier: Apache-2.0
// Stands in front of glibc's heap and counts. A program's own definition of `malloc` comes before the library's for
// every object that is loaded with it; `__libc_malloc` and its kin are the library's under names that stay free.
#include "CAllocations.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t blocks;
static _Atomic uint64_t bytes;

static void count(size_t size) {
    atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes, size, memory_order_relaxed);
}

void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t members, size_t size) {
    count(members * size);
    return __libc_calloc(members, size);
}

void *realloc(void *block, size_t size) {
    count(size);
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    count(size);
    void *made = __libc_memalign(alignment, size);
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

struct gatehouse_allocations gatehouse_allocations_so_far(void) {
    struct gatehouse_allocations total = {
        atomic_load_explicit(&blocks, memory_order_relaxed),
        atomic_load_explicit(&bytes, memory_order_relaxed),
    };
    return total;
}

__attribute__((noinline)) void gatehouse_measured_region(void (*body)(void *), void *context) {
    body(context);
    // Not a tail call: the region ends when this returns.
    __asm__ volatile("" ::: "memory");
}
