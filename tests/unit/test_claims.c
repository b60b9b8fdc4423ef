/* Claims: the parser with its places, and every rule of a verdict on both sides of its thresholds. The samples are
 * made so that the answer follows by hand. */
#include <stdio.h>

#include "claim.h"
#include "test_main.h"

enum { R = 120 };

static sb_status parse(test_ctx *t, const char *text, sb_claims *out)
{
    const sb_yaml *root = NULL;
    const sb_status st = sb_yaml_parse(text, strlen(text), "c.yaml", &t->cx, &root);
    return st == SB_OK ? sb_claims_parse(sb_yaml_get(root, "claims"), &t->cx, out) : st;
}

static sb_claims parsed(test_ctx *t, const char *body)
{
    sb_claims c;
    const char *text = sb_str_format(t->cx.arena,
                                     "claims:\n  - id: one\n    statement: s\n    source: here\n"
                                     "    method: [uniform]\n%s",
                                     body);
    ck_assert_ok(t, parse(t, text, &c));
    return c;
}

START_TEST(mistakes_are_named_with_their_place)
{
    static const char head[] = "claims:\n  - id: one\n    statement: s\n    source: here\n    established: verified\n"
                               "    method: uniform\n    metric: accuracy\n";
    static const struct {
        const char *tail, *words;
    } bad[] = {
        {"    test: identity\n", "needs 'value'"},
        {"    test: identity\n    value: 1\n", "'digits' or 'tolerance'"},
        {"    test: identity\n    value: 1\n    digits: 2\n    tolerance: 0.1\n", "'digits' or 'tolerance'"},
        {"    test: identiy\n", "c.yaml:8:11"},
        {"    test: identiy\n", "identity, interval, ordering"},
        {"    test: interval\n    value: 1\n", "'seeds'"},
        {"    test: ordering\n    effect: 1\n", "'against'"},
        {"    test: rate\n    above: 1\n    value: 1.5\n", "0..1"},
        {"    test: ratio\n    against: full\n    range: [1, 2]\n    outer: [1.5, 3]\n", "'outer' around 'range'"},
        {"    test: ratio\n    against: full\n    range: [2, 1]\n", "[low, high]"},
        {"    test: slope\n", "'range'"},
        {"    test: calibration\n", "'against_metric'"},
        {"    test: rate\n    abov: 1\n", "did you mean 'above'"},
        {"    test: identity\n    value: nan\n    digits: 2\n", "c.yaml:9"},
        {"    test: identity\n    digits: 2\n    budget: [1, 2]\n    values: [1]\n", "each of the 2 names"},
        {"    test: identity\n    digits: 2\n    budget: [1]\n    values: [x]\n", "numbers"},
        {"    test: identity\n    value: 1\n    digits: 2\n    budget: []\n", "empty list"},
        {"    test: identity\n    value: 1\n    digits: 2\n  - id: two\n", "lacks 'statement'"},
        {"    test: identity\n    value: 1\n    digits: 2\n  - text\n", "a claim is a map"},
        {"    test: identity\n    value: 1\n    digits: 2\n    or_better: true\n", "belongs to a ratio"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_ctx t;
        sb_claims c;
        test_ctx_init(&t, "test");
        const char *text = sb_str_format(t.cx.arena, "%s%s", head, bad[i].tail);
        ck_assert_fails(&t, parse(&t, text, &c), SB_ECONFIG, bad[i].words);
        test_ctx_release(&t);
    }
    test_ctx t;
    sb_claims c;
    test_ctx_init(&t, "test");
    ck_assert_fails(&t, parse(&t, "claims: 3\n", &c), SB_ECONFIG, "must be a list");
    ck_assert_fails(&t,
                    parse(&t,
                          "claims:\n  - {id: a, statement: s, source: x, established: maybe, test: slope, "
                          "metric: accuracy, method: m, range: [0, 1]}\n",
                          &c),
                    SB_ECONFIG, "verified, rerun, derived, ours, recalled");
    ck_assert_fails(&t,
                    parse(&t,
                          "claims:\n  - {id: a, statement: s, source: x, established: rerun, test: slope, "
                          "metric: acuracy, method: m, range: [0, 1]}\n",
                          &c),
                    SB_ECONFIG, "did you mean 'accuracy'");
    static const char twice[] = "{id: a, statement: s, source: x, established: rerun, test: slope, metric: mse, "
                                "method: m, range: [0, 1]}";
    ck_assert_fails(
        &t,
        parse(&t,
              "claims:\n  - {id: a, statement: s, source: x, established: ours, published: '3', test: slope, "
              "metric: mse, method: m, range: [0, 1]}\n",
              &c),
        SB_ECONFIG, "it has no 'published' value");
    ck_assert_fails(&t,
                    parse(&t,
                          "claims:\n  - {id: a, statement: s, source: x, established: rerun, test: ratio, against: b, "
                          "metric: distinct, method: m, range: [1, 1], outer: [1, 1], or_better: true}\n",
                          &c),
                    SB_ECONFIG, "no better direction");
    const char *text = sb_str_format(t.cx.arena, "claims:\n  - %s\n  - %s\n", twice, twice);
    ck_assert_fails(&t, parse(&t, text, &c), SB_ECONFIG, "c.yaml:3:5: the claim 'a' is there twice");
    test_ctx_release(&t);
}
END_TEST

START_TEST(one_value_a_budget_gives_one_claim_a_budget)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_claims c = parsed(&t, "    established: recalled\n    test: interval\n    metric: mse\n    seeds: 8\n"
                                   "    budget: [48, 64]\n    values: [0.5, 0.25]\n");
    ck_assert_uint_eq(c.n, 2);
    ck_assert(c.claim[0].value == 0.5 && c.claim[1].value == 0.25);
    ck_assert_str_eq(c.claim[1].budget.item[0], "64");
    ck_assert_uint_eq(c.claim[1].budget.n, 1);
    ck_assert_str_eq(c.claim[1].published, "0.25");
    test_ctx_release(&t);
}
END_TEST

/* The verdict of one rule on x (and other); an ordering alone on its page, so that p is not changed. */
static sb_claim_verdict verdict(const char *body, const double *x, const double *other, size_t n)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_claims c = parsed(&t, body);
    const sb_claim_sample s = {.n = n, .x = x, .other = other};
    sb_claim_row row = {0};
    ck_assert_ok(&t, sb_claim_judge(&c.claim[0], &s, &t.cx, &row));
    ck_assert_ok(&t, sb_claims_order(&row, 1, &t.cx));
    ck_assert(row.measured && row.reason);
    test_ctx_release(&t);
    return row.verdict;
}

#define KNOWN "    established: verified\n"

START_TEST(identity_on_both_sides_of_a_digit)
{
    static const char digits[] = KNOWN "    metric: mse\n    test: identity\n    value: 2.95e-3\n    digits: 3\n";
    static const char percent[] = KNOWN "    metric: mse\n    test: identity\n    value: 100\n    tolerance: 0.01\n";
    ck_assert_int_eq(verdict(digits, (double[]){2.9451e-3, 2.9549e-3}, NULL, 2), SB_C_REPRODUCED);
    ck_assert_int_eq(verdict(digits, (double[]){2.9451e-3, 2.9551e-3}, NULL, 2), SB_C_CONTRADICTED);
    ck_assert_int_eq(verdict(digits, (double[]){2.9449e-3}, NULL, 1), SB_C_CONTRADICTED);
    ck_assert_int_eq(verdict(percent, (double[]){100.99, 99.01}, NULL, 2), SB_C_REPRODUCED);
    ck_assert_int_eq(verdict(percent, (double[]){101.01}, NULL, 1), SB_C_CONTRADICTED);
    ck_assert_int_eq(verdict(percent, NULL, NULL, 0), SB_C_NOT_MEASURED);
    static const char recalled[] =
        "    established: recalled\n    metric: mse\n    test: identity\n    value: 100\n    tolerance: 0.01\n";
    ck_assert_int_eq(verdict(recalled, (double[]){100}, NULL, 1), SB_C_UNCONFIRMED);
    ck_assert_int_eq(verdict(recalled, (double[]){5}, NULL, 1), SB_C_UNCONFIRMED);
    static const char other[] = KNOWN "    not_comparable: another net\n    metric: mse\n    test: identity\n"
                                      "    value: 100\n    tolerance: 0.01\n";
    ck_assert_int_eq(verdict(other, (double[]){5}, NULL, 1), SB_C_NOT_COMPARABLE);
}
END_TEST

/* Half of the repeats 0, half 1: a mean of 8 is binomial / 8. P(<= 0/8) = .0039, so .125 (P .035, lower quantile .125)
 * is inside the central 95%, 0 is outside it but not outside 99.8%, and 1.5 is impossible. */
START_TEST(interval_of_a_mean)
{
    double x[R];
    for (size_t i = 0; i < R; i++) x[i] = (double)(i % 2);
    static const char at[] = KNOWN "    metric: mse\n    test: interval\n    seeds: 8\n    value: ";
    static const struct {
        const char *value;
        sb_claim_verdict v;
    } expected[] = {{"0.5", SB_C_INSIDE},        {"0.125", SB_C_INSIDE}, {"0.875", SB_C_INSIDE},
                    {"0", SB_C_UNDECIDED},       {"1", SB_C_UNDECIDED},  {"1.5", SB_C_CONTRADICTED},
                    {"-0.01", SB_C_CONTRADICTED}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char body[200];
        (void)snprintf(body, sizeof body, "%s%s\n", at, expected[i].value);
        ck_assert_msg(verdict(body, x, NULL, R) == expected[i].v, "%s", expected[i].value);
        ck_assert_int_eq(verdict(body, x, NULL, 99), SB_C_UNDECIDED); /* below 100 repeats nothing is judged */
    }
}
END_TEST

/* Of 1..120 the 95% interval of the median is [x_(50), x_(71)]: P(Bin(120,1/2) <= 49) = .0277 > .025 (so k = 50 fails)
 * and P(<= 48) = .0178: k = 49, [49, 72]; at 99.8%: P(<= 42) = .00066, P(<= 43) = .00127: k = 43, [43, 78]. */
START_TEST(interval_of_the_median)
{
    double x[R];
    for (size_t i = 0; i < R; i++) x[i] = (double)(i + 1);
    static const char at[] = KNOWN "    metric: mse\n    test: interval\n    range: ";
    static const struct {
        const char *range;
        sb_claim_verdict v;
    } expected[] = {{"[60, 61]", SB_C_INSIDE},         {"[10, 49]", SB_C_INSIDE},        {"[72, 99]", SB_C_INSIDE},
                    {"[10, 48.9]", SB_C_UNDECIDED},    {"[72.1, 99]", SB_C_UNDECIDED},   {"[10, 43.1]", SB_C_UNDECIDED},
                    {"[10, 42.9]", SB_C_CONTRADICTED}, {"[78.1, 99]", SB_C_CONTRADICTED}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char body[200];
        (void)snprintf(body, sizeof body, "%s%s\n", at, expected[i].range);
        ck_assert_msg(verdict(body, x, NULL, R) == expected[i].v, "%s", expected[i].range);
    }
    /* Agreement takes 100 repeats; ten repeats on one side of the range are a proof (2 / 1,024), nine are not. */
    static const char around[] = KNOWN "    metric: mse\n    test: interval\n    range: [1, 100]\n";
    static const char below[] = KNOWN "    metric: mse\n    test: interval\n    range: [-2, 0.5]\n";
    ck_assert_int_eq(verdict(around, x, NULL, 99), SB_C_UNDECIDED);
    ck_assert_int_eq(verdict(around, x, NULL, 100), SB_C_INSIDE);
    ck_assert_int_eq(verdict(below, x, NULL, 9), SB_C_UNDECIDED);
    ck_assert_int_eq(verdict(below, x, NULL, 10), SB_C_CONTRADICTED);
}
END_TEST

/* Twelve differences gain +- half: their 95% interval is gain +- .66 half (t of 11 degrees of freedom, 2.201, times the
 * sample deviation 1.044 half over the root of 12). */
static sb_claim_verdict ordered(const char *body, double gain, double half, size_t n)
{
    double x[12], zero[12];
    for (size_t i = 0; i < n; i++) {
        zero[i] = 0.5;
        x[i] = 0.5 + gain + (i % 2 ? half : -half);
    }
    return verdict(body, x, zero, n);
}

START_TEST(ordering_by_effect_and_by_direction)
{
    static const char up[] = KNOWN "    metric: accuracy\n    test: ordering\n    against: full\n    effect: 0.005\n";
    static const char down[] = KNOWN "    metric: mse\n    test: ordering\n    against: full\n    effect: 0.005\n";
    static const char ours[] = "    established: ours\n    metric: accuracy\n    test: ordering\n    against: full\n"
                               "    effect: 0.005\n";
    static const char recalled[] = "    established: recalled\n    metric: accuracy\n    test: ordering\n"
                                   "    against: full\n    effect: 0.005\n";
    static const struct {
        double gain, half;
        size_t n;
        sb_claim_verdict v, ours; /* of a published statement, of our question */
    } expected[] = {
        {0.008, 0.004, 12, SB_C_REPRODUCED, SB_C_HOLDS},    /* interval .0054 to .0106 */
        {0.008, 0.005, 12, SB_C_UNDECIDED, SB_C_UNDECIDED}, /* .0047 to .0113: better, by half a point or not */
        {0.002, 0.001, 12, SB_C_UNDECIDED, SB_C_FAILS},     /* .0013 to .0027: better, but by less */
        {0.0001, 0.001, 12, SB_C_UNDECIDED, SB_C_FAILS},    /* p large, and .005 excluded */
        {0.0001, 0.03, 12, SB_C_UNDECIDED, SB_C_UNDECIDED}, /* nothing is known */
        {-0.008, 0.001, 12, SB_C_CONTRADICTED, SB_C_FAILS},
        {0.008, 0.0001, 5, SB_C_UNDECIDED, SB_C_UNDECIDED}, /* p is at least 2 / 32 */
        {0.008, 0.0001, 6, SB_C_REPRODUCED, SB_C_HOLDS},    /* 2 / 64 */
        {0.002, 0.0001, 5, SB_C_UNDECIDED, SB_C_UNDECIDED},
        {0.008, 0, 1, SB_C_UNDECIDED, SB_C_UNDECIDED},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const double gain = expected[i].gain, half = expected[i].half;
        const size_t n = expected[i].n;
        ck_assert_msg(ordered(up, gain, half, n) == expected[i].v, "case %zu", i);
        ck_assert_msg(ordered(down, -gain, half, n) == expected[i].v, "case %zu, lower is better", i);
        ck_assert_msg(ordered(ours, gain, half, n) == expected[i].ours, "case %zu, ours", i);
        ck_assert_int_eq(ordered(recalled, gain, half, n), SB_C_UNCONFIRMED);
    }
    static const char ratio[] =
        KNOWN "    metric: mse\n    test: ordering\n    against: full\n    scale: log\n    effect: 0.02\n";
    double x[12], low[12], half[12];
    for (size_t i = 0; i < 12; i++) half[i] = 0.5, x[i] = 0.5 * 1.021, low[i] = 0.5 * 1.019;
    ck_assert_int_eq(verdict(ratio, half, x, 12), SB_C_REPRODUCED);
    ck_assert_int_eq(verdict(ratio, half, low, 12), SB_C_UNDECIDED);
}
END_TEST

START_TEST(orderings_are_corrected_together)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_claims c =
        parsed(&t, KNOWN "    metric: accuracy\n    test: ordering\n    against: full\n    effect: 0.001\n");
    const sb_interval ci = {0.5, 1.5, 0.95};
    sb_claim_row row[3] = {{.claim = c.claim, .p = 0.03, .gain = 1, .gain_ci = ci, .reason = ""},
                           {.claim = c.claim, .p = 0.5, .gain = 1, .gain_ci = ci, .reason = ""},
                           {.claim = c.claim, .p = (double)NAN, .gain = 1, .gain_ci = ci, .reason = ""}};
    ck_assert_ok(&t, sb_claims_order(row, 1, &t.cx));
    ck_assert_int_eq(row[0].verdict, SB_C_REPRODUCED); /* alone: p .03 */
    ck_assert_ok(&t, sb_claims_order(row, 3, &t.cx));
    ck_assert_int_eq(row[0].verdict, SB_C_UNDECIDED); /* with another test: .06; what was not tested does not count */
    ck_assert(fabs(row[0].p_adjusted - 0.06) < 1e-15);
    test_ctx_release(&t);
}
END_TEST

/* 100 repeats at probability .1: P(X <= 2) = .0019, P(X <= 3) = .0078, P(X >= 19) = .0046, P(X >= 22) = .00033;
 * 19 of 100 has the 95% interval .118 to .281, which reaches beyond double the rate. */
START_TEST(rate_by_the_binomial)
{
    static const char rate[] = KNOWN "    metric: mse\n    test: rate\n    above: 0.5\n    value: 0.1\n";
    static const char most[] =
        KNOWN "    metric: mse\n    test: rate\n    above: 0.5\n    value: 0.1\n    at_most: true\n";
    static const char bounds[] = KNOWN "    metric: loss_err@full\n    test: rate\n    value: 0.1\n"
                                       "    against_metric: loss_bound@full\n    at_most: true\n";
    static const struct {
        size_t k;
        sb_claim_verdict v, at_most;
    } expected[] = {{10, SB_C_INSIDE, SB_C_REPRODUCED},      {3, SB_C_INSIDE, SB_C_REPRODUCED},
                    {2, SB_C_UNDECIDED, SB_C_REPRODUCED},    {19, SB_C_UNDECIDED, SB_C_UNDECIDED},
                    {0, SB_C_CONTRADICTED, SB_C_REPRODUCED}, {22, SB_C_CONTRADICTED, SB_C_CONTRADICTED}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        double x[100];
        for (size_t j = 0; j < 100; j++) x[j] = j < expected[i].k ? 1 : 0.5;
        ck_assert_msg(verdict(rate, x, NULL, 100) == expected[i].v, "%zu", expected[i].k);
        ck_assert_msg(verdict(most, x, NULL, 100) == expected[i].at_most, "at most, %zu", expected[i].k);
        double bound[100];
        for (size_t j = 0; j < 100; j++) bound[j] = 0.75;
        ck_assert_msg(verdict(bounds, x, bound, 100) == expected[i].at_most, "bounds, %zu", expected[i].k);
        ck_assert_int_eq(verdict(most, x + 50, NULL, 9), SB_C_UNDECIDED); /* too few to agree with anything */
    }
}
END_TEST

/* None of n: the upper end of the 95% interval is 1 - .025^(1/n), .1000 at 35 and .0974 at 36. 3 of 8 is .085 to .755.
 */
START_TEST(a_rate_that_could_not_have_differed_is_undecided)
{
    static const char never[] = KNOWN "    metric: mse\n    test: rate\n    above: 0.5\n    value: 0\n";
    static const char often[] = KNOWN "    metric: mse\n    test: rate\n    above: 0.5\n    value: 0.4\n";
    double x[40] = {0};
    ck_assert_int_eq(verdict(never, x, NULL, 35), SB_C_UNDECIDED);
    ck_assert_int_eq(verdict(never, x, NULL, 36), SB_C_INSIDE);
    x[39] = 1;
    ck_assert_int_eq(verdict(never, x, NULL, 40), SB_C_CONTRADICTED); /* once is enough against "never" */
    x[0] = x[1] = x[2] = 1;
    ck_assert_int_eq(verdict(often, x, NULL, 8), SB_C_UNDECIDED);
    for (size_t i = 0; i < 40; i++) x[i] = i % 5 < 2 ? 1 : 0; /* 16 of 40: .249 to .567 */
    ck_assert_int_eq(verdict(often, x, NULL, 40), SB_C_INSIDE);
}
END_TEST

START_TEST(ratio_and_difference_with_their_intervals)
{
    static const char ratio[] = KNOWN "    metric: mse\n    test: ratio\n    against: full\n    range: [0.8, 1.25]\n"
                                      "    outer: [0.67, 1.5]\n";
    static const char gap[] = KNOWN "    metric: mse\n    test: difference\n    against: full\n    range: [-1, 1]\n"
                                    "    outer: [-2, 2]\n";
    double x[40], one[40], wide[40];
    for (size_t i = 0; i < 40; i++) one[i] = 1, x[i] = 1.24, wide[i] = i < 20 ? 0.1 : 1.9;
    ck_assert_int_eq(verdict(ratio, x, one, 40), SB_C_REPRODUCED);
    ck_assert_int_eq(verdict(ratio, wide, one, 40), SB_C_UNDECIDED); /* ratio 1, interval .1 to 1.9 */
    ck_assert_int_eq(verdict(ratio, x, one, 5), SB_C_UNDECIDED);
    for (size_t i = 0; i < 40; i++) x[i] = 1.26;
    ck_assert_int_eq(verdict(ratio, x, one, 40), SB_C_CONTRADICTED);
    ck_assert_int_eq(verdict(gap, x, one, 40), SB_C_REPRODUCED);
    static const char better[] = KNOWN "    metric: mse\n    test: ratio\n    against: full\n    range: [0.8, 1.25]\n"
                                       "    outer: [0.67, 1.5]\n    or_better: true\n";
    static const char higher[] =
        KNOWN "    metric: accuracy\n    test: ratio\n    against: full\n    range: [0.8, 1.25]\n"
              "    outer: [0.67, 1.5]\n    or_better: true\n";
    ck_assert_int_eq(verdict(better, x, one, 40), SB_C_CONTRADICTED);
    ck_assert_int_eq(verdict(higher, x, one, 40), SB_C_BETTER);
    ck_assert_int_eq(verdict(ratio, one, x, 40), SB_C_CONTRADICTED); /* 1 / 1.26 = .794 */
    ck_assert_int_eq(verdict(better, one, x, 40), SB_C_BETTER);
    for (size_t i = 0; i < 40; i++) x[i] = 2.1;
    ck_assert_int_eq(verdict(gap, x, one, 40), SB_C_CONTRADICTED);
    for (size_t i = 0; i < 40; i++) x[i] = i % 2 ? 12 : -10; /* mean difference 0, interval about +-3.6 */
    ck_assert_int_eq(verdict(gap, x, one, 40), SB_C_UNDECIDED);
}
END_TEST

/* Errors of two sizes, so that there is something to draw again: with R repeats the slope over log m = 4, 5, 6 has a
 * standard error of about .3 / sqrt(R), .1 for 10 and .01 for 1,000. */
START_TEST(slope_with_its_bootstrap)
{
    static const char slope[] = KNOWN "    metric: loss_err@full\n    test: slope\n    range: [-0.55, -0.45]\n";
    enum { MOST = 1000 };
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_claims c = parsed(&t, slope);
    static const struct {
        double slope;
        size_t repeats;
        sb_claim_verdict v;
    } expected[] = {{-0.5, MOST, SB_C_REPRODUCED},    {-0.549, MOST, SB_C_REPRODUCED},
                    {-0.5, 10, SB_C_UNDECIDED},   /* inside, but so would be many slopes */
                    {-0.549, 20, SB_C_UNDECIDED}, /* interval +- .14, wanted within -.65 to -.35 */
                    {-0.451, 20, SB_C_UNDECIDED},     {-0.40, 10, SB_C_UNDECIDED},
                    {-0.35, MOST, SB_C_CONTRADICTED}, {-0.65, MOST, SB_C_CONTRADICTED}};
    double *error = SB_NEW(t.cx.arena, 3 * MOST, double);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        double log_m[3];
        size_t first[4] = {0};
        for (size_t k = 0; k < 3; k++) {
            log_m[k] = 4 + (double)k;
            first[k + 1] = first[k] + expected[i].repeats;
            for (size_t j = first[k]; j < first[k + 1]; j++)
                error[j] = exp(7 + expected[i].slope * log_m[k]) * (j % 2 ? 0.4 : 1.6);
        }
        const sb_claim_sample s = {.n = first[3], .x = error, .points = 3, .log_m = log_m, .first = first};
        sb_claim_row row = {0};
        ck_assert_ok(&t, sb_claim_judge(c.claim, &s, &t.cx, &row));
        ck_assert_msg(row.verdict == expected[i].v, "slope %g with %zu repeats: %s", expected[i].slope,
                      expected[i].repeats, row.measured);
        ck_assert_double_le(fabs(row.value - expected[i].slope), 1e-12);
        ck_assert(row.low < row.value && row.value < row.high);
    }
    sb_claim_row row = {0};
    ck_assert_ok(&t, sb_claim_judge(c.claim, &(sb_claim_sample){0}, &t.cx, &row));
    ck_assert_int_eq(row.verdict, SB_C_NOT_MEASURED);
    test_ctx_release(&t);
}
END_TEST

/* n signed errors of one standard error each, `up` of them upwards: z = (2 up - n) / sqrt(n), and the limit is 3.29. */
START_TEST(unbiased_by_the_mean_of_signed_errors)
{
    static const char body[] =
        KNOWN "    metric: loss_dev@pilot\n    test: unbiased\n    against_metric: loss_sd@pilot\n";
    double x[100], sd[100];
    static const struct {
        size_t n, up;
        sb_claim_verdict v;
    } expected[] = {{100, 50, SB_C_REPRODUCED},   {100, 66, SB_C_REPRODUCED},
                    {100, 67, SB_C_CONTRADICTED}, {100, 33, SB_C_CONTRADICTED},
                    {19, 10, SB_C_UNDECIDED},     {19, 19, SB_C_CONTRADICTED}}; /* 19 of 19 upwards: z 4.4 */
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        for (size_t j = 0; j < expected[i].n; j++) {
            sd[j] = 0.01 * (double)(1 + j % 3);
            x[j] = j < expected[i].up ? sd[j] : -sd[j];
        }
        ck_assert_int_eq(verdict(body, x, sd, expected[i].n), expected[i].v);
    }
}
END_TEST

/* 100 squared ratios all equal to q: the central 99.9% of chi-square(100) / 100 is .600 to 1.532. */
START_TEST(calibration_by_chi_square)
{
    static const char body[] = KNOWN "    metric: loss_err@full\n    test: calibration\n"
                                     "    against_metric: loss_sd@full\n";
    static const struct {
        double square;
        sb_claim_verdict v;
    } expected[] = {{1, SB_C_REPRODUCED},
                    {0.61, SB_C_REPRODUCED},
                    {0.59, SB_C_CONTRADICTED},
                    {1.52, SB_C_REPRODUCED},
                    {1.55, SB_C_CONTRADICTED}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        double x[100], sd[100];
        for (size_t j = 0; j < 100; j++) sd[j] = 0.3, x[j] = 0.3 * sqrt(expected[i].square);
        ck_assert_msg(verdict(body, x, sd, 100) == expected[i].v, "%g", expected[i].square);
        /* of chi-square(58) / 58 the central 99.9% begins at .497: half the variance would agree as well */
        if (expected[i].v == SB_C_REPRODUCED) ck_assert_int_eq(verdict(body, x, sd, 58), SB_C_UNDECIDED);
    }
    double x[58], sd[58];
    for (size_t j = 0; j < 58; j++) sd[j] = 0.3, x[j] = 0.6;
    ck_assert_int_eq(verdict(body, x, sd, 58), SB_C_CONTRADICTED);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("claims");
    TCase *t = tcase_create("claims");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, mistakes_are_named_with_their_place);
    tcase_add_test(t, one_value_a_budget_gives_one_claim_a_budget);
    tcase_add_test(t, identity_on_both_sides_of_a_digit);
    tcase_add_test(t, interval_of_a_mean);
    tcase_add_test(t, interval_of_the_median);
    tcase_add_test(t, ordering_by_effect_and_by_direction);
    tcase_add_test(t, orderings_are_corrected_together);
    tcase_add_test(t, rate_by_the_binomial);
    tcase_add_test(t, a_rate_that_could_not_have_differed_is_undecided);
    tcase_add_test(t, ratio_and_difference_with_their_intervals);
    tcase_add_test(t, slope_with_its_bootstrap);
    tcase_add_test(t, unbiased_by_the_mean_of_signed_errors);
    tcase_add_test(t, calibration_by_chi_square);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
