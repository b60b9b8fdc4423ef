/* Chunks from mmap, newest first. `position` counts the bytes handed out (with padding, without the unused tails of
 * older chunks), so that a mark is one number and the cap and the peak mean what was really in use. */
#include "selbench/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = 64, FIRST_CHUNK = 1 << 20, LARGEST_STEP = 1 << 26, HUGE_CHUNK = 4 << 20 };

typedef struct chunk {
    struct chunk *prev;
    size_t mapped; /* bytes of the mapping, this header included */
    size_t start;  /* arena position of the first payload byte */
    size_t used;   /* payload bytes handed out */
    size_t dirty;  /* payload bytes ever handed out: the rest is still zero */
} chunk;

enum { HEADER = (sizeof(chunk) + ALIGN - 1) / ALIGN * ALIGN };

struct sb_arena {
    chunk *top;
    size_t cap, peak, next_size, fail_at;
};

static unsigned char *payload(chunk *c) { return (unsigned char *)c + HEADER; }

static chunk *chunk_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    if (bytes >= HUGE_CHUNK) (void)madvise(p, bytes, MADV_HUGEPAGE);
    chunk *c = p;
    c->mapped = bytes;
    POISON(payload(c), bytes - HEADER);
    return c;
}

static void chunk_unmap(chunk *c)
{
    UNPOISON(payload(c), c->mapped - HEADER);
    (void)munmap(c, c->mapped);
}

static size_t position(const sb_arena *a) { return a->top ? a->top->start + a->top->used : 0; }

sb_arena *sb_arena_new(size_t cap_bytes)
{
    void *p = mmap(NULL, sizeof(sb_arena), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    sb_arena *a = p;
    a->cap = cap_bytes;
    a->next_size = FIRST_CHUNK;
    a->fail_at = SIZE_MAX;
    return a;
}

void sb_arena_free(sb_arena *a)
{
    if (!a) return;
    for (chunk *c = a->top; c;) {
        chunk *prev = c->prev;
        chunk_unmap(c);
        c = prev;
    }
    (void)munmap(a, sizeof *a);
}

static bool chunk_push(sb_arena *a, size_t need)
{
    if (need > SIZE_MAX - HEADER - 4095) return false;
    size_t bytes = need + HEADER > a->next_size ? need + HEADER : a->next_size;
    bytes = (bytes + 4095) / 4096 * 4096;
    const size_t start = position(a);
    chunk *c = chunk_map(bytes);
    if (!c) return false;
    c->prev = a->top;
    c->start = start;
    a->top = c;
    if (a->next_size < LARGEST_STEP) a->next_size *= 2;
    return true;
}

void *sb_arena_alloc(sb_arena *a, size_t count, size_t size)
{
    if (a->fail_at != SIZE_MAX && a->fail_at-- == 0) {
        a->fail_at = SIZE_MAX;
        return NULL;
    }
    if (size && count > (SIZE_MAX / 2) / size) return NULL;
    const size_t bytes = count && size ? count * size : 1;
    const size_t need = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (a->cap && (need > a->cap || position(a) > a->cap - need)) return NULL;
    if (!a->top || need > a->top->mapped - HEADER - a->top->used)
        if (!chunk_push(a, need)) return NULL;
    chunk *c = a->top;
    unsigned char *p = payload(c) + c->used;
    UNPOISON(p, bytes);
    if (c->used < c->dirty) {
        const size_t old = c->dirty - c->used;
        UNPOISON(p, need);
        memset(p, 0, need < old ? need : old);
        POISON(p + bytes, need - bytes);
    }
    c->used += need;
    if (c->dirty < c->used) c->dirty = c->used;
    if (a->peak < position(a)) a->peak = position(a);
    return p;
}

size_t sb_arena_mark(const sb_arena *a) { return position(a); }

void sb_arena_rewind(sb_arena *a, size_t mark)
{
    while (a->top && a->top->prev && a->top->start >= mark) {
        chunk *c = a->top;
        a->top = c->prev;
        chunk_unmap(c);
    }
    if (!a->top || mark >= position(a)) return;
    chunk *c = a->top;
    const size_t keep = mark > c->start ? mark - c->start : 0;
    POISON(payload(c) + keep, c->used - keep);
    c->used = keep;
}

size_t sb_arena_used(const sb_arena *a) { return position(a); }
size_t sb_arena_peak(const sb_arena *a) { return a->peak; }
void sb_arena_reset_peak(sb_arena *a) { a->peak = position(a); }
void sb_arena_set_cap(sb_arena *a, size_t cap_bytes) { a->cap = cap_bytes; }
void sb_arena_fail_at(sb_arena *a, size_t k) { a->fail_at = k; }
