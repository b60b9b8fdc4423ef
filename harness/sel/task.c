/* The metered side of a task: refuses what was not declared, bills what is asked for. */
#include "selbench/task.h"

unsigned char *sb_task_taken(const sb_task *task, sb_ctx *cx)
{
    unsigned char *taken = SB_NEW(cx->arena, task->x.n, unsigned char);
    if (!taken) return NULL;
    for (size_t i = 0; task->warm_joins && i < task->warm_n; i++) taken[task->warm[i]] = 1;
    return taken;
}

static void require(const sb_task *task, unsigned need, const char *call)
{
    if (!(task->granted & need)) SB_BUG("a method called %s without declaring it in `needs`", call);
}

static sb_status missing(sb_ctx *cx, const char *what)
{
    SB_FAIL(cx->err, SB_SKIP, "needs %s of a warm-up model, and the experiment has no warm-up that gives them", what);
}

sb_status sb_task_labels(const sb_task *task, sb_ctx *cx, const int32_t **label)
{
    require(task, SB_MAY_LABELS, "sb_task_labels");
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "goes class by class, and regression has none");
    if (!task->label_asked) SB_FAIL(cx->err, SB_SKIP, "goes class by class, and the data have no labels");
    task->meter->labels += task->x.n;
    *label = task->label_asked;
    return SB_OK;
}

sb_status sb_task_loss(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *loss)
{
    require(task, SB_NEEDS_LOSS, "sb_task_loss");
    if (!task->oracle || !task->oracle->loss) return missing(cx, "losses");
    task->meter->losses += m;
    task->meter->proxy = task->meter->warm = true;
    task->meter->labels += m;
    return task->oracle->loss(task->oracle->self, row, m, cx, loss);
}

sb_status sb_task_prob(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *prob)
{
    require(task, SB_NEEDS_PROB, "sb_task_prob");
    if (!task->oracle || !task->oracle->prob) return missing(cx, "class probabilities");
    task->meter->probs += m;
    task->meter->proxy = task->meter->warm = true;
    return task->oracle->prob(task->oracle->self, row, m, cx, prob);
}

sb_status sb_task_residual(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *a)
{
    require(task, SB_NEEDS_GRADIENT | SB_MAY_GRADIENT, "sb_task_residual");
    if (!task->oracle || !task->oracle->residual) return missing(cx, "gradients");
    task->meter->grads += m;
    task->meter->proxy = task->meter->warm = true;
    task->meter->labels += m;
    return task->oracle->residual(task->oracle->self, row, m, cx, a);
}

sb_status sb_task_logits(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *z)
{
    require(task, SB_NEEDS_PROB, "sb_task_logits");
    if (!task->oracle || !task->oracle->logits) return missing(cx, "logits");
    task->meter->probs += m;
    task->meter->proxy = task->meter->warm = true;
    return task->oracle->logits(task->oracle->self, row, m, cx, z);
}

sb_status sb_task_contrasts(const sb_task *task, sb_ctx *cx, double *norm2)
{
    require(task, SB_NEEDS_PROB, "sb_task_contrasts");
    if (!task->oracle || !task->oracle->contrasts) return missing(cx, "class weights");
    task->meter->proxy = task->meter->warm = true;
    return task->oracle->contrasts(task->oracle->self, cx, norm2);
}

sb_status sb_task_trajectory(const sb_task *task, sb_ctx *cx, sb_trajectory *out)
{
    require(task, SB_NEEDS_TRAJECTORY, "sb_task_trajectory");
    if (!task->oracle || !task->oracle->trajectory) return missing(cx, "training trajectories");
    SB_TRY(task->oracle->trajectory(task->oracle->self, cx, out));
    task->meter->losses += task->x.n * out->t;
    task->meter->labels += task->x.n;
    task->meter->fits++;
    task->meter->warm = true;
    return SB_OK;
}

sb_status sb_task_committee(const sb_task *task, size_t member, sb_ctx *cx, double *prob)
{
    require(task, SB_NEEDS_COMMITTEE, "sb_task_committee");
    if (member >= SB_COMMITTEE_MAX) SB_BUG("committee member %zu of %d", member, SB_COMMITTEE_MAX);
    if (!task->oracle || !task->oracle->committee) return missing(cx, "a committee");
    task->meter->probs += task->x.n;
    task->meter->fits++;
    task->meter->warm = true;
    return task->oracle->committee(task->oracle->self, member, cx, prob);
}

sb_status sb_task_small(const sb_task *task, size_t columns, sb_ctx *cx, sb_task *out)
{
    require(task, SB_NEEDS_SMALL, "sb_task_small");
    if (!task->oracle || !task->oracle->small) return missing(cx, "a small proxy");
    *out = *task;
    return task->oracle->small(task->oracle->self, columns, cx, &out->x, &out->oracle);
}

sb_status sb_task_full_loss(const sb_task *task, const sb_subset *s, sb_ctx *cx, double *loss)
{
    require(task, SB_NEEDS_TRAINING, "sb_task_full_loss");
    if (!task->oracle || !task->oracle->full_loss)
        SB_FAIL(cx->err, SB_SKIP, "trains models itself, and this use has no model");
    task->meter->fits++;
    task->meter->losses += task->x.n;
    task->meter->labels += task->x.n;
    return task->oracle->full_loss(task->oracle->self, s, cx, loss);
}
