/* forgetting, aum, ccs, s2l and qbc on trajectories and committees written down by hand. */
#include "proxy_case.h"

#include "selbench/fair.h"

enum { T = 4 };
static unsigned char hand_correct[64 * T];
static double hand_margin[64 * T], hand_loss[64 * T];

static sb_status hand_path(void *self, sb_ctx *cx, sb_trajectory *out)
{
    (void)cx;
    *out = (sb_trajectory){.n = ((plain *)self)->n,
                           .t = T,
                           .loss = hand_loss,
                           .margin = hand_margin,
                           .logit_margin = hand_margin,
                           .correct = hand_correct};
    return SB_OK;
}

static void hand_case(proxy_case *s)
{
    proxy_case_init(s, SB_CLASSIFICATION, PLAIN_GENERAL);
    s->oracle.trajectory = hand_path;
    memset(hand_correct, 1, sizeof hand_correct);
    memset(hand_margin, 0, sizeof hand_margin);
    memset(hand_loss, 0, sizeof hand_loss);
}

static void write_row(size_t i, const char *correct)
{
    for (size_t k = 0; k < T; k++) hand_correct[i * T + k] = correct[k] == '1';
}

START_TEST(forgetting_counts_losses_of_what_was_learnt)
{
    proxy_case s;
    sb_selection out;
    hand_case(&s);
    write_row(9, "0101");  /* 1 event */
    write_row(11, "1010"); /* 2 events */
    write_row(20, "0000"); /* never */
    write_row(30, "0100"); /* 1 event */
    ck_assert_ok(&s.t,
                 proxy_case_run(&s, "forgetting", NULL, 5, &out)); /* 20, 11, 9, 30, then the lowest of the rest */
    const uint32_t inf[] = {20, 11, 9, 30, 0}, zero[] = {11, 9, 30, 0, 1};
    ck_assert_mem_eq(out.row, inf, sizeof inf);
    ck_assert_ok(&s.t, proxy_case_run(&s, "forgetting", SET("never_learned=epochs"), 5, &out)); /* 4 events */
    ck_assert_mem_eq(out.row, inf, sizeof inf);
    ck_assert_ok(&s.t, proxy_case_run(&s, "forgetting", SET("never_learned=zero"), 5, &out));
    ck_assert_mem_eq(out.row, zero, sizeof zero);
    hand_margin[30 * T] = -0.5; /* 30 before 9 now, and 40 first among those without events */
    hand_margin[40 * T + 1] = -1;
    const uint32_t tied[] = {20, 11, 30, 9, 40};
    ck_assert_ok(&s.t, proxy_case_run(&s, "forgetting", SET("tie=margin"), 5, &out));
    ck_assert_mem_eq(out.row, tied, sizeof tied);
    ck_assert(s.meter.fits == 1 && s.meter.losses == 60 * T && s.meter.labels == 60 && s.meter.warm && !s.meter.proxy);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(aum_is_the_mean_margin)
{
    proxy_case s;
    sb_selection out;
    double mean[64];
    hand_case(&s);
    sb_rng r = sb_rng_stream(3, "margins");
    for (size_t k = 0; k < 60 * T; k++) hand_margin[k] = 2 * sb_rng_unit(&r) - 1;
    for (int easy = 0; easy < 2; easy++) {
        for (size_t i = 0; i < 60; i++) {
            mean[i] = 0;
            for (size_t k = 0; k < T; k++) mean[i] += hand_margin[i * T + k] / (easy ? T : -T);
        }
        ck_assert_ok(&s.t, proxy_case_run(&s, "aum", SET(easy ? "keep=easy" : "keep=hard"), 22, &out));
        expect_largest(&out, mean, 60, 1e-14);
    }
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(shares_serve_small_groups_first)
{
    test_ctx t;
    test_ctx_init(&t, "fair");
    const size_t size[] = {50, 0, 200, 3, 10}, want[] = {43, 0, 44, 3, 10};
    size_t share[5], left;
    ck_assert_ok(&t, sb_fair_shares(size, 5, 100, &t.cx, share, &left));
    ck_assert_mem_eq(share, want, sizeof want);
    ck_assert_uint_eq(left, 0);
    ck_assert_ok(&t, sb_fair_shares(size, 5, 300, &t.cx, share, &left));
    ck_assert_mem_eq(share, size, sizeof size);
    ck_assert_uint_eq(left, 37);
    test_ctx_release(&t);
}
END_TEST

/* Margins in five bands: the lowest 30% of the rows never come, and every band gets its fair share. */
START_TEST(ccs_covers_the_strata_above_the_cut)
{
    proxy_case s;
    sb_selection out;
    hand_case(&s);
    for (size_t i = 0; i < 60; i++) /* 18 rows at -1, then 2, 10, 10, 20 rows in four strata */
        for (size_t k = 0; k < T; k++)
            hand_margin[i * T + k] = i < 18 ? -1 : i < 20 ? 0 : i < 30 ? 0.3 : i < 40 ? 0.5 : 0.8;
    size_t got[5] = {0};
    ck_assert_ok(&s.t, proxy_case_run(&s, "ccs", SET("strata=4"), 20, &out));
    ck_assert_uint_eq(out.m, 20);
    for (size_t j = 0; j < 20; j++) {
        const uint32_t i = out.row[j];
        got[i < 18 ? 0 : i < 20 ? 1 : i < 30 ? 2 : i < 40 ? 3 : 4]++;
    }
    const size_t want[] = {0, 2, 6, 6, 6};
    ck_assert_mem_eq(got, want, sizeof want);
    ck_assert_ok(&s.t, proxy_case_run(&s, "ccs", SET("strata=4"), 55, &out)); /* the cut gives way to the budget */
    ck_assert_uint_eq(out.m, 55);
    test_ctx_release(&s.t);
}
END_TEST

/* Without cut and with one stratum every row is equally likely: chi-square, 59 degrees, 99.99% quantile 105. */
START_TEST(ccs_with_one_stratum_is_uniform)
{
    proxy_case s;
    sb_selection out;
    double chi2 = 0;
    size_t hit[60] = {0};
    hand_case(&s);
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (size_t r = 0; r < 2000; r++) {
        s.t.cx.seed = r;
        ck_assert_ok(&s.t, proxy_case_run(&s, "ccs", SET("beta=0", "strata=1"), 6, &out));
        for (size_t j = 0; j < 6; j++) hit[out.row[j]]++;
        sb_arena_rewind(s.t.cx.arena, mark);
    }
    for (size_t i = 0; i < 60; i++) chi2 += ((double)hit[i] - 200) * ((double)hit[i] - 200) / 200;
    ck_assert_msg(chi2 < 105, "chi-square %g", chi2);
    test_ctx_release(&s.t);
}
END_TEST

/* Three well separated kinds of trajectories of 30, 20 and 8 rows, and two odd rows whose clusters are left out. */
START_TEST(s2l_shares_the_clusters_evenly)
{
    proxy_case s;
    sb_selection out;
    hand_case(&s);
    sb_rng r = sb_rng_stream(4, "losses");
    for (size_t i = 0; i < 60; i++)
        for (size_t k = 0; k < T; k++)
            hand_loss[i * T + k] = (i < 30   ? 0
                                    : i < 50 ? 10
                                    : i < 58 ? 30
                                             : 100.0 * (double)(i - 56)) +
                                   0.01 * sb_rng_unit(&r);
    ck_assert_ok(&s.t, proxy_case_run(&s, "s2l", SET("k=5", "by_class=false"), 24, &out));
    size_t got[4] = {0};
    for (size_t j = 0; j < out.m; j++) got[out.row[j] < 30 ? 0 : out.row[j] < 50 ? 1 : out.row[j] < 58 ? 2 : 3]++;
    const size_t want[] = {8, 8, 8, 0};
    ck_assert_mem_eq(got, want, sizeof want);
    ck_assert_ok(&s.t, proxy_case_run(&s, "s2l", SET("k=5", "by_class=false"), 60, &out));
    ck_assert_uint_eq(out.m, 60);
    test_ctx_release(&s.t);
}
END_TEST

/* Outer quotas: the classes get even shares whatever the clusters are. */
START_TEST(s2l_shares_the_classes_first)
{
    proxy_case s;
    sb_selection out;
    size_t got[3] = {0};
    hand_case(&s);
    ck_assert_ok(&s.t, proxy_case_run(&s, "s2l", SET("k=60"), 30, &out));
    for (size_t j = 0; j < out.m; j++) got[s.p.label[out.row[j]]]++;
    ck_assert(got[0] == 10 && got[1] == 10 && got[2] == 10);
    test_ctx_release(&s.t);
}
END_TEST

static double hand_prob[8][64 * PLAIN_CLASSES];
static sb_status hand_committee(void *self, size_t member, sb_ctx *cx, double *prob)
{
    (void)cx;
    memcpy(prob, hand_prob[member], ((plain *)self)->n * PLAIN_CLASSES * sizeof *prob);
    return SB_OK;
}

static double kl(const double *p, const double *q)
{
    double sum = 0;
    for (size_t k = 0; k < PLAIN_CLASSES; k++) sum += p[k] > 0 ? p[k] * log(p[k] / q[k]) : 0;
    return sum;
}

START_TEST(qbc_measures_are_their_formulas)
{
    static const char *const names[] = {"disagreement=vote_entropy", "disagreement=consensus_entropy",
                                        "disagreement=kl_max", "disagreement=kl_mean"};
    proxy_case s;
    sb_selection out;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    s.oracle.committee = hand_committee;
    sb_rng r = sb_rng_stream(5, "members");
    for (size_t b = 0; b < 4; b++)
        for (size_t i = 0; i < 60; i++) {
            double *const p = hand_prob[b] + i * PLAIN_CLASSES, sum = 0;
            for (size_t k = 0; k < PLAIN_CLASSES; k++) sum += p[k] = -log(sb_rng_open(&r));
            for (size_t k = 0; k < PLAIN_CLASSES; k++) p[k] /= sum;
        }
    for (size_t m = 0; m < 4; m++) {
        double score[64];
        for (size_t i = 0; i < 60; i++) {
            double mean[3] = {0}, vote[3] = {0}, most = 0, sum = 0;
            const double flat[3] = {1, 1, 1};
            for (size_t b = 0; b < 4; b++) {
                const double *const p = hand_prob[b] + i * 3;
                vote[p[0] >= p[1] && p[0] >= p[2] ? 0 : p[1] >= p[2] ? 1 : 2] += 0.25;
                for (size_t k = 0; k < 3; k++) mean[k] += p[k] / 4;
            }
            for (size_t b = 0; b < 4; b++) {
                most = fmax(most, kl(hand_prob[b] + i * 3, mean));
                sum += kl(hand_prob[b] + i * 3, mean) / 4;
            }
            score[i] = m == 0   ? -kl(vote, flat) - 1e-9 * kl(mean, flat)
                       : m == 1 ? -kl(mean, flat)
                       : m == 2 ? most
                                : sum;
        }
        ck_assert_ok(&s.t, proxy_case_run(&s, "qbc", SET(names[m], "members=4"), 30, &out));
        expect_largest(&out, score, 60, 1e-13);
        ck_assert(s.meter.fits == 4 && s.meter.probs == 240 && s.meter.warm && !s.meter.proxy);
    }
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dynamics");
    TCase *t = tcase_create("dynamics");
    tcase_add_test(t, forgetting_counts_losses_of_what_was_learnt);
    tcase_add_test(t, aum_is_the_mean_margin);
    tcase_add_test(t, shares_serve_small_groups_first);
    tcase_add_test(t, ccs_covers_the_strata_above_the_cut);
    tcase_add_test(t, ccs_with_one_stratum_is_uniform);
    tcase_add_test(t, s2l_shares_the_clusters_evenly);
    tcase_add_test(t, s2l_shares_the_classes_first);
    tcase_add_test(t, qbc_measures_are_their_formulas);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
