/* Claims for readers: the text of the command, the page with its answer, tables and plots. */
#ifndef SB_EXP_CLAIM_PAGE_H
#define SB_EXP_CLAIM_PAGE_H

#include "claim.h"

/* Rows of the claim that begins at row[0]: those of its id. */
size_t sb_claims_span(const sb_claim_row *row, size_t rows);
/* "5 reproduced, 1 undecided" */
void sb_claims_count(const sb_claim_row *row, size_t rows, sb_buf *b);
void sb_claims_text(const sb_claim_row *row, size_t rows, sb_buf *b);
/* A page: the answer, what was run, verdicts by claim and data set, then each claim with its rows. plots: folder of
 * ID.svg that the page shows, or NULL. SB_ENOMEM. */
sb_status sb_claims_markdown(const sb_results *r, const sb_claim_row *row, size_t rows, const char *plots, sb_ctx *cx,
                             sb_buf *b) SB_CHECKED;
/* Its first section: each `question` of the config with what was measured, in sentences, and every contradiction that
 * no question covers. SB_ENOMEM. */
sb_status sb_claims_answer(const sb_results *r, const sb_claim_row *row, size_t rows, sb_ctx *cx, sb_buf *b) SB_CHECKED;
/* The page that is committed: DIR/NAME.md with a plot for each claim under DIR/NAME/, the numbers, what was run by
 * which command and versions. SB_EIO, SB_ENOMEM. */
sb_status sb_claims_page(const sb_results *r, const sb_claim_row *row, size_t rows, const char *dir,
                         sb_ctx *cx) SB_CHECKED;
/* RUN/claims.md where the run's config has claims; nothing otherwise. */
sb_status sb_claims_write(const sb_results *r, const char *dir, sb_ctx *cx) SB_CHECKED;
/* Tables of the numbers that claims are about: median [quartiles], mean and sd of every method at every budget, and the
 * repeats above a rate's threshold with the median of the rest; curves are written to `folder`. SB_EIO, SB_ENOMEM. */
sb_status sb_claims_numbers(const sb_results *r, const sb_claim_row *row, size_t rows, const char *folder, sb_ctx *cx,
                            sb_buf *b) SB_CHECKED;
/* The plot of n rows of one claim as a self-contained SVG: each measured value with its interval, coloured by verdict,
 * over the value or range that is claimed. false: no row has a number, or the claim is an identity. */
bool sb_claims_plot(const sb_results *r, const sb_claim_row *row, size_t n, sb_buf *b);
/* Medians of a metric over the budgets `first` to `last` - 1, which differ in nothing else, as SVG; *drawn = false:
 * fewer than two have a value. SB_ENOMEM. */
sb_status sb_claims_curve(const sb_results *r, size_t first, size_t last, size_t metric, sb_ctx *cx, sb_buf *b,
                          bool *drawn) SB_CHECKED;

#endif
