/* The cache: damaged files are built again, one process builds while others wait, a full disk leaves nothing. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cache.h"
#include "test_places.h"

enum { N = 5000, D = 20 };

/* A table that is slow to make and counts in a file how often it was made. */
struct job {
    float *x;
    const char *count;
    unsigned wait_us;
};

static sb_status make(void *self, sb_ctx *cx, sb_parts *t)
{
    struct job *j = self;
    const int fd = open(j->count, O_WRONLY | O_CREAT | O_APPEND, 0644);
    ck_assert_int_eq((int)write(fd, "x", 1), 1);
    (void)close(fd);
    usleep(j->wait_us);
    sb_array *a = SB_NEW(cx->arena, 1, sb_array);
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "array");
    *a = (sb_array){.type = SB_F32, .dims = 2, .shape = {N, D}, .data = j->x};
    t->kind = SB_REGRESSION;
    t->t = 1;
    t->x[SB_TRAIN] = sb_view_all(a);
    t->y[SB_TRAIN] = sb_view_all(a);
    t->y[SB_TRAIN].d = 1;
    t->source_n[SB_TRAIN] = N;
    return SB_OK;
}

static struct job job_new(test_places *p, unsigned wait_us)
{
    struct job j = {.x = SB_NEW(p->t.cx.arena, N * D, float), .count = test_path(p, "count"), .wait_us = wait_us};
    for (size_t i = 0; i < N * D; i++) j.x[i] = (float)(i % 1000) / 8;
    return j;
}

static size_t builds(test_places *p)
{
    char *bytes;
    size_t size = 0;
    return sb_file_read(test_path(p, "count"), 1000, &p->t.cx, &bytes, &size) == SB_OK ? size : 0;
}

static const char *only_file(test_places *p)
{
    const char *name[16] = {NULL};
    ck_assert_uint_eq(test_cache_files(p, name), 1);
    return name[0];
}

static void open_and_check(test_places *p, struct job *j)
{
    sb_cached c = {0};
    ck_assert_ok(&p->t, sb_cache_open(&p->places, "set", "key", make, j, &p->t.cx, &c));
    ck_assert_int_eq(memcmp(sb_cache_section(&c, SB_X), j->x, N * D * sizeof(float)), 0);
    const double *y = sb_cache_section(&c, SB_Y);
    ck_assert_double_eq(y[7], (double)j->x[7 * D]);
    ck_assert_uint_eq((size_t)y % SB_CACHE_PAGE, 0);
    sb_cache_close(&c);
}

static void change_byte(const char *path, off_t at)
{
    const int fd = open(path, O_RDWR);
    char c;
    ck_assert_int_eq((int)pread(fd, &c, 1, at), 1);
    c = (char)(c ^ 1);
    ck_assert_int_eq((int)pwrite(fd, &c, 1, at), 1);
    (void)close(fd);
}

START_TEST(damaged_files_are_built_again)
{
    test_places p;
    test_places_init(&p, NULL);
    struct job j = job_new(&p, 0);
    open_and_check(&p, &j);
    open_and_check(&p, &j);
    ck_assert_uint_eq(builds(&p), 1);
    const char *path = only_file(&p);
    const off_t head[] = {0,
                          offsetof(sb_cache_head, version),
                          offsetof(sb_cache_head, order),
                          offsetof(sb_cache_head, d),
                          offsetof(sb_cache_head, at),
                          offsetof(sb_cache_head, key),
                          offsetof(sb_cache_head, check)};
    size_t expected = 1;
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        change_byte(path, head[i]);
        open_and_check(&p, &j);
        ck_assert_uint_eq(builds(&p), ++expected);
    }
    const off_t sizes[] = {0, 10, 4096, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ck_assert_int_eq(truncate(path, sizes[i]), 0);
        open_and_check(&p, &j);
        ck_assert_uint_eq(builds(&p), ++expected);
    }
    p.places.verify = true; /* a byte of the content is found only by reading all of it */
    open_and_check(&p, &j);
    ck_assert_uint_eq(builds(&p), expected);
    const off_t body[] = {4096, 4096 + 4 * N * D - 1, (4096 + 4 * N * D + 4095) / 4096 * 4096};
    for (size_t i = 0; i < sizeof body / sizeof *body; i++) {
        change_byte(path, body[i]);
        open_and_check(&p, &j);
        ck_assert_uint_eq(builds(&p), ++expected);
    }
    test_places_release(&p);
}
END_TEST

START_TEST(other_keys_are_other_files)
{
    test_places p;
    test_places_init(&p, NULL);
    struct job j = job_new(&p, 0);
    sb_cached a = {0}, b = {0};
    ck_assert_ok(&p.t, sb_cache_open(&p.places, "set", "key 1", make, &j, &p.t.cx, &a));
    ck_assert_ok(&p.t, sb_cache_open(&p.places, "../odd/name{}", "key 2", make, &j, &p.t.cx, &b));
    ck_assert_uint_eq(builds(&p), 2);
    ck_assert_str_eq(a.head->features, b.head->features);
    const char *name[16];
    ck_assert_uint_eq(test_cache_files(&p, name), 2);
    sb_cache_close(&a);
    sb_cache_close(&b);
    test_places_release(&p);
}
END_TEST

START_TEST(one_of_several_processes_builds)
{
    enum { PROCESSES = 4 };
    test_places p;
    test_places_init(&p, NULL);
    struct job j = job_new(&p, 200000);
    pid_t child[PROCESSES];
    for (size_t i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        if (child[i]) continue;
        sb_cached c = {0};
        const sb_status st = sb_cache_open(&p.places, "set", "key", make, &j, &p.t.cx, &c);
        _exit(st == SB_OK && memcmp(sb_cache_section(&c, SB_X), j.x, N * D * sizeof(float)) == 0 ? 0 : 1);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status = 1;
        ck_assert_int_eq(waitpid(child[i], &status, 0), child[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_uint_eq(builds(&p), 1);
    test_places_release(&p);
}
END_TEST

/* In a process of its own: the limit must not outlive the test. */
static int open_with_limit(test_places *p, struct job *j, rlim_t bytes)
{
    const pid_t child = fork();
    if (!child) {
        (void)signal(SIGXFSZ, SIG_IGN);
        const struct rlimit limit = {bytes, bytes};
        sb_cached c = {0};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(100);
        const sb_status st = sb_cache_open(&p->places, "set", "key", make, j, &p->t.cx, &c);
        _exit(st == SB_EIO && !strstr(p->t.err.text, "cannot write cache file") ? 101 : (int)st);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

START_TEST(a_full_disk_leaves_nothing)
{
    test_places p;
    test_places_init(&p, NULL);
    struct job j = job_new(&p, 0);
    const rlim_t room[] = {1, 4096, 10000, 4 * N * D, 4 * N * D + 5000};
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        ck_assert_int_eq(open_with_limit(&p, &j, room[i]), SB_EIO);
        const char *name[16];
        ck_assert_uint_eq(test_cache_files(&p, name), 0);
    }
    ck_assert_int_eq(open_with_limit(&p, &j, 1 << 24), SB_OK);
    p.places.cache = "/proc/no/such/folder";
    sb_cached c = {0};
    ck_assert_fails(&p.t, sb_cache_open(&p.places, "set", "key", make, &j, &p.t.cx, &c), SB_EIO,
                    "cannot create folder");
    test_places_release(&p);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    test_places p;
    test_places_init(&p, SB_SOURCE_DIR);
    static const char data[] = "{name: skmm, options: {n: 30, d: 9}, rows: 20}";
    sb_dataset d;
    for (size_t k = 0;; k++) {
        ck_assert_uint_lt(k, 2000);
        sb_dataset_spec *spec = NULL;
        sb_embedding_spec *e = NULL;
        const sb_yaml *node = test_yaml(&p, data), *raw = test_yaml(&p, "raw");
        sb_arena_fail_at(p.t.cx.arena, k);
        sb_status st = sb_dataset_parse(node, &p.places, &p.t.cx, &spec);
        if (st == SB_OK) st = sb_embedding_parse(raw, spec, &p.places, &p.t.cx, &e);
        if (st == SB_OK) st = sb_dataset_open(spec, e, &p.places, &p.t.cx, &d);
        sb_arena_fail_at(p.t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s: %s", k, sb_status_text(st), p.t.err.text);
    }
    ck_assert_uint_eq(d.train.x.n, 20);
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache");
    TCase *c = tcase_create("cache");
    tcase_add_test(c, damaged_files_are_built_again);
    tcase_add_test(c, other_keys_are_other_files);
    tcase_add_test(c, one_of_several_processes_builds);
    tcase_add_test(c, a_full_disk_leaves_nothing);
    tcase_add_test(c, every_allocation_may_fail);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
