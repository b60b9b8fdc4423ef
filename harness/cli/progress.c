#include "progress.h"

#include <stdio.h>
#include <string.h>

enum { PLAIN_EVERY_S = 10 };

static void duration(double s, char out[32])
{
    if (s < 0)
        (void)snprintf(out, 32, "?");
    else if (s < 60)
        (void)snprintf(out, 32, "%.0f s", s);
    else
        (void)snprintf(out, 32, "%ld min %02ld s", (long)s / 60, (long)s % 60);
}

void cli_progress_show(void *self, const sb_progress *p)
{
    cli_progress *c = self;
    const bool fresh = !c->phase || strcmp(c->phase, p->phase) != 0;
    if (c->quiet) return;
    if (!c->terminal && !fresh && !p->finished && p->seconds - c->said < PLAIN_EVERY_S) return;
    c->phase = p->phase;
    c->said = p->seconds;
    char left[32], spent[32], bad[48] = "", kept[48] = "";
    duration(p->left, left);
    duration(p->seconds, spent);
    if (p->bad) (void)snprintf(bad, sizeof bad, ", %zu not ok", p->bad);
    if (p->stored) (void)snprintf(kept, sizeof kept, ", %zu from before", p->stored);
    const double rate = p->seconds > 0 ? (double)(p->done - p->stored) / p->seconds : 0;
    (void)fprintf(stderr, "%s%-10s %zu of %zu%s%s", c->terminal ? "\r\033[K" : "", p->phase, p->done, p->total, kept,
                  bad);
    if (p->finished)
        (void)fprintf(stderr, ", done in %s\n", spent);
    else if (p->done > p->stored)
        (void)fprintf(stderr, ", %.1f a second, %s left", rate, left);
    if (!p->finished && !c->terminal) (void)fputc('\n', stderr);
    (void)fflush(stderr);
}
