/* What every selection method must do, run over the registry: a new method is tested the day its file appears. */
#include "method_case.h"

enum { OK_IN_A_ROW = 8 };

static bool told(const char *text) { return text && text[0] && text[strlen(text) - 1] != '\n'; }

START_TEST(describes_itself)
{
    const sb_method *const m = sb_method_table[_i].plugin;
    ck_assert_int_eq((int)m->abi, SB_METHOD_ABI);
    ck_assert(m->name && m->summary && m->source && m->select);
    ck_assert(strlen(m->summary) > 10 && strlen(m->source) > 5);
    ck_assert_msg(told(m->formula) && told(m->cost) && told(m->variants), "%s: describe has a gap", m->name);
    ck_assert(!m->options == !m->option_size);
}
END_TEST

START_TEST(every_shape_and_budget)
{
    size_t worked = 0;
    for (int kind = 0; kind < 2; kind++)
        for (int shape = 0; shape < PLAIN_SHAPES; shape++) {
            subject s;
            subject_init(&s, _i, (sb_kind)kind, (plain_shape)shape);
            char before[SB_HASH_HEX], after[SB_HASH_HEX];
            plain_digest(&s.p, before);
            const size_t n = s.p.n, budgets[] = {1, n > 1 ? n - 1 : 1, n};
            for (size_t b = 0; b < 3; b++) {
                sb_selection first, again;
                s.c.budget = budgets[b];
                if (!run_checked(&s.t, &s.c, &first)) continue;
                worked++;
                ck_assert(run_checked(&s.t, &s.c, &again));
                ck_assert_msg(same_bits(&first, &again, n), "%s: same seed, other bits", where(&s.c));
            }
            plain_digest(&s.p, after);
            ck_assert_msg(strcmp(before, after) == 0, "%s: inputs changed", where(&s.c));
            test_ctx_release(&s.t);
        }
    ck_assert_msg(worked >= PLAIN_SHAPES, "%s ran in %zu cases only", sb_method_table[_i].plugin->name, worked);
}
END_TEST

START_TEST(seeds_matter_where_declared)
{
    for (int kind = 0; kind < 2; kind++) {
        subject s;
        subject_init(&s, _i, (sb_kind)kind, PLAIN_GENERAL);
        sb_selection first, other;
        size_t different = 0;
        if (run_checked(&s.t, &s.c, &first)) {
            for (s.c.seed = 2; s.c.seed < 5; s.c.seed++)
                different += run_checked(&s.t, &s.c, &other) && !same_bits(&first, &other, s.p.n);
            const bool random = s.c.method->traits & SB_RANDOM;
            ck_assert_msg(random == (different > 0), "%s: %zu of 3 other seeds differ", where(&s.c), different);
            s.c.budget = 1; /* also where the size is drawn: run_checked wants a row each time */
            for (s.c.seed = 1; random && s.c.seed <= 12; s.c.seed++) (void)run_checked(&s.t, &s.c, &other);
        }
        test_ctx_release(&s.t);
    }
}
END_TEST

START_TEST(prefixes_hold_where_declared)
{
    for (int kind = 0; kind < 2; kind++)
        for (int shape = 0; shape < PLAIN_SHAPES && sb_method_table[_i].plugin->traits & SB_PREFIX; shape++) {
            subject s;
            subject_init(&s, _i, (sb_kind)kind, (plain_shape)shape);
            sb_selection whole, part;
            s.c.budget = s.p.n;
            const bool runs = run_checked(&s.t, &s.c, &whole);
            for (size_t m = 1; runs && m <= s.p.n; m += 1 + m / 3) {
                s.c.budget = m;
                ck_assert(run_checked(&s.t, &s.c, &part));
                ck_assert_msg(memcmp(part.row, whole.row, m * sizeof *part.row) == 0, "%s: not a prefix", where(&s.c));
            }
            test_ctx_release(&s.t);
        }
}
END_TEST

START_TEST(warm_up_rows_are_respected)
{
    for (int kind = 0; kind < 2; kind++)
        for (int joins = 0; joins < 2; joins++) {
            subject s;
            subject_init(&s, _i, (sb_kind)kind, PLAIN_GENERAL);
            s.c.warm = true;
            s.c.joins = joins == 1;
            const size_t most = s.p.n - (joins ? WARM : 0), budgets[] = {1, 20, most};
            for (size_t b = 0; b < 3; b++) {
                sb_selection out;
                s.c.budget = budgets[b];
                (void)run_checked(&s.t, &s.c, &out);
            }
            test_ctx_release(&s.t);
        }
}
END_TEST

/* A stream's name survives a failed allocation, so a failure may also leave the result as it is. */
/* Rows that are all the same to a method that draws nothing and reads no label: the lowest ones. */
START_TEST(ties_go_to_the_lowest_rows)
{
    const unsigned apart = SB_NEEDS_VIEW | SB_NEEDS_TARGET | SB_NEEDS_PATTERNS | SB_NEEDS_LABELS | SB_NEEDS_LOSS |
                           SB_NEEDS_GRADIENT | SB_NEEDS_TRAJECTORY | SB_NEEDS_TRAINING;
    for (int kind = 0; kind < 2; kind++) {
        subject s;
        subject_init(&s, _i, (sb_kind)kind, PLAIN_EQUAL);
        sb_selection out;
        const bool blind = !(s.c.method->needs & apart) && !(s.c.method->traits & SB_RANDOM);
        if (blind && run_checked(&s.t, &s.c, &out) && out.m == s.c.budget) {
            size_t high = 0;
            for (size_t j = 0; j < out.m; j++) high += out.row[j] >= out.m;
            ck_assert_msg(high == 0, "%s: %zu of %zu picks are not the lowest rows", where(&s.c), high, out.m);
        }
        test_ctx_release(&s.t);
    }
}
END_TEST

START_TEST(memory_failures_are_clean)
{
    for (int kind = 0; kind < 2; kind++) {
        subject s;
        subject_init(&s, _i, (sb_kind)kind, PLAIN_GENERAL);
        sb_selection good, out;
        if (run_checked(&s.t, &s.c, &good)) {
            const size_t mark = sb_arena_mark(s.t.cx.arena);
            for (size_t k = 0, ok = 0; ok < OK_IN_A_ROW; k++) {
                sb_arena_fail_at(s.t.cx.arena, k);
                const sb_status st = run(&s.c, &s.t.cx, &out);
                sb_arena_fail_at(s.t.cx.arena, (size_t)-1);
                ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "%s: allocation %zu: %s: %s", where(&s.c), k,
                              sb_status_text(st), s.t.err.text);
                ok = st == SB_OK ? ok + 1 : 0;
                if (st == SB_OK)
                    ck_assert_msg(same_bits(&good, &out, s.p.n), "%s: allocation %zu: other bits", where(&s.c), k);
                sb_arena_rewind(s.t.cx.arena, mark);
            }
        }
        test_ctx_release(&s.t);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("methods");
    TCase *t = tcase_create("methods");
    int methods = 0;
    while (sb_method_table[methods].plugin) methods++;
    tcase_add_loop_test(t, describes_itself, 0, methods);
    tcase_add_loop_test(t, every_shape_and_budget, 0, methods);
    tcase_add_loop_test(t, seeds_matter_where_declared, 0, methods);
    tcase_add_loop_test(t, prefixes_hold_where_declared, 0, methods);
    tcase_add_loop_test(t, warm_up_rows_are_respected, 0, methods);
    tcase_add_loop_test(t, ties_go_to_the_lowest_rows, 0, methods);
    tcase_add_loop_test(t, memory_failures_are_clean, 0, methods);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
