/* A folder of its own for each test of data sets: home (with datasets/), cache and mirror inside it, removed at the
 * end. */
#ifndef TEST_PLACES_H
#define TEST_PLACES_H

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "dataset.h"
#include "file.h"
#include "npy.h"
#include "str.h"
#include "test_main.h"

typedef struct test_places {
    test_ctx t;
    sb_places places;
    const char *folder, *mirror[2];
} test_places;

static inline const char *test_path(test_places *p, const char *name)
{
    return sb_str_format(p->t.cx.arena, "%s/%s", p->folder, name);
}

/* home: SB_SOURCE_DIR, or NULL for an own one. Never the network. */
static inline void test_places_init(test_places *p, const char *home)
{
    memset(p, 0, sizeof *p);
    test_ctx_init(&p->t, "test");
    char name[] = "/tmp/selbench-test-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(name));
    p->folder = sb_str_copy(p->t.cx.arena, name, strlen(name));
    p->mirror[0] = test_path(p, "mirror");
    p->places = (sb_places){.home = home ? home : test_path(p, "home"),
                            .cache = test_path(p, "cache"),
                            .mirror = p->mirror,
                            .offline = true};
    ck_assert_ok(&p->t, sb_file_mkdirs(p->mirror[0], &p->t.cx));
    ck_assert_ok(&p->t, sb_file_mkdirs(test_path(p, "home/datasets"), &p->t.cx));
}

static inline int test_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void test_places_release(test_places *p)
{
    (void)nftw(p->folder, test_remove, 16, FTW_DEPTH | FTW_PHYS);
    test_ctx_release(&p->t);
}

static inline void test_write(test_places *p, const char *name, const void *bytes, size_t size)
{
    ck_assert_ok(&p->t, sb_file_write(test_path(p, name), bytes, size, &p->t.cx));
}

static inline void test_write_npy(test_places *p, const char *name, sb_dtype type, size_t n, size_t d, void *data)
{
    const sb_array a = {.type = type, .dims = d ? 2 : 1, .shape = {n, d}, .data = data};
    ck_assert_ok(&p->t, sb_npy_write(test_path(p, name), &a, &p->t.cx));
}

/* YAML text of an entry; "@/" stands for the test's folder. */
static inline const sb_yaml *test_yaml(test_places *p, const char *text)
{
    sb_buf b = {.arena = p->t.cx.arena};
    for (const char *at; (at = strstr(text, "@/")); text = at + 1) {
        sb_buf_put(&b, text, (size_t)(at - text));
        sb_buf_add(&b, "%s", p->folder);
    }
    sb_buf_add(&b, "%s", text);
    const sb_yaml *node = NULL;
    ck_assert_ok(&p->t, sb_yaml_parse(b.text, b.size, "config.yaml", &p->t.cx, &node));
    return node;
}

static inline sb_status test_open(test_places *p, const char *data, const char *embedding, sb_dataset *out)
{
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *e = NULL;
    *out = (sb_dataset){0};
    SB_TRY(sb_dataset_parse(test_yaml(p, data), &p->places, &p->t.cx, &spec));
    SB_TRY(sb_embedding_parse(test_yaml(p, embedding), spec, &p->places, &p->t.cx, &e));
    return sb_dataset_open(spec, e, &p->places, &p->t.cx, out);
}

/* Names in CACHE/data, without lock files. */
static inline size_t test_cache_files(test_places *p, const char *name[16])
{
    const char **all = NULL;
    size_t n = 0, count = 0;
    if (sb_file_list(test_path(p, "cache/data"), &p->t.cx, &all, &n) != SB_OK) return 0;
    for (size_t i = 0; i < n && count < 16; i++)
        if (!sb_str_ends(all[i], ".lock"))
            name[count++] = sb_str_format(p->t.cx.arena, "%s/cache/data/%s", p->folder, all[i]);
    return count;
}

#endif
