#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "str.h"

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Equal streams would make two repeats one. Benches may share streams on purpose (the same data under two embeddings),
 * and so may repeats that the config's `vary` lets differ in training only. */
static sb_status check_streams(const sb_plan *p, sb_ctx *cx)
{
    const char **name = SB_NEW(cx->arena, p->groups, const char *);
    if (!name) SB_FAIL(cx->err, SB_ENOMEM, "%zu streams", p->groups);
    for (size_t i = 0; i < p->groups; i++) {
        const char *stream = sb_plan_stream(p, &p->group[i], cx);
        const sb_vary *v = &p->config->bench[p->group[i].bench].vary;
        const unsigned meant = v->level[SB_TRAINING] > 1 ? p->group[i].rep : 0;
        name[i] = stream ? sb_str_format(cx->arena, "%zu.%u/%s", p->group[i].bench, meant, stream) : NULL;
        if (!name[i]) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
    }
    qsort(name, p->groups, sizeof *name, by_text);
    for (size_t i = 1; i < p->groups; i++)
        if (strcmp(name[i - 1], name[i]) == 0)
            SB_FAIL(cx->err, SB_ECONFIG, "two repeats or methods share the stream '%s'", strchr(name[i], '/') + 1);
    return SB_OK;
}

sb_status sb_ledger_write(const char *dir, const sb_plan *p, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(check_streams(p, cx));
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(&b, "data\tembedding\tmodel\tbudget\tm\tmethod\trep\tselect\teval\tstream\n");
    for (size_t i = 0; i < p->groups; i++) {
        const sb_group *g = &p->group[i];
        const sb_bench *x = &p->config->bench[g->bench];
        const char *stream = sb_plan_stream(p, g, cx);
        if (!stream) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
        for (size_t j = 0; j < g->cells; j++)
            for (size_t k = 0; k < x->models; k++)
                sb_buf_add(&b, "%s\t%s\t%s\t%s\t%zu\t%s\t%u\t%s\t%s\t%s\n", x->label, x->embedding, x->model[k].label,
                           x->budget[g->cell[j].budget].text, g->cell[j].m, x->method[g->method].label, g->rep,
                           g->cell[j].key, g->cell[j].eval[k], stream);
    }
    const char *path = sb_file_join(cx->arena, dir, "ledger.tsv");
    if (b.bad || !path) SB_FAIL(cx->err, SB_ENOMEM, "ledger of %zu evaluations", p->evaluations);
    SB_TRY(sb_file_write(path, b.text, b.size, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}
