/* Runs gnuplot, without a shell: the script is a file, the values come as assignments. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"
#include "file.h"
#include "plot.h"

extern char **environ;

static const char *assignments(const sb_figure *f, const char *base, const char *scripts, sb_ctx *cx)
{
    const struct {
        const char *name, *text;
    } text[] = {{"base", base},         {"scripts", scripts},   {"heading", f->heading}, {"place_name", f->place},
                {"x_label", f->xlabel}, {"y_label", f->ylabel}, {"ticks", f->xticks},    {"yticks", f->yticks}};
    sb_buf b = {.arena = cx->arena};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        sb_buf_add(&b, "%s=", text[i].name);
        sb_escape_gnuplot(&b, text[i].text);
        sb_buf_add(&b, "; ");
    }
    sb_buf_add(&b,
               "series=%zu; reference=%zu; anchors=%zu; crossings=%zu; others=%zu; xmin=%.9g; xmax=%.9g; ymin=%.9g; "
               "ymax=%.9g; logx=%d; logy=%d; band=%d; single=%d",
               f->series, f->reference, f->anchors, f->crossings, f->others, f->xmin, f->xmax, f->ymin, f->ymax,
               f->logx, f->logy, f->band, f->single);
    return b.bad ? NULL : b.text;
}

/* Output of gnuplot goes to the log. Returns 0 or the errno of the start. */
static int start(char *const argv[], const char *log, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int why = posix_spawn_file_actions_init(&actions);
    if (why) return why;
    why = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!why) why = posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (!why) why = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (!why) why = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return why;
}

static int finish(pid_t child)
{
    int how = 0;
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

bool sb_plot_taken(const char *run_dir, const char *stem, sb_ctx *cx)
{
    const char *const path = sb_str_format(cx->arena, "%s/plots/%s.svg", run_dir, stem);
    return path && sb_file_exists(path);
}

bool sb_plot_draw(const sb_figure *f, const char *base, const char *scripts, sb_ctx *cx, const char **why)
{
    char program[] = "gnuplot", option[] = "-e";
    const char *const values = assignments(f, base, scripts, cx), *const file =
                                                                      sb_file_join(cx->arena, scripts, f->script);
    char *const set = values ? sb_str_copy(cx->arena, values, strlen(values)) : NULL;
    char *const script = file ? sb_str_copy(cx->arena, file, strlen(file)) : NULL;
    const char *const log = sb_str_format(cx->arena, "%s.log", base), *const svg =
                                                                          sb_str_format(cx->arena, "%s.svg", base);
    *why = "gnuplot: no memory for its command";
    if (!set || !script || !log || !svg) return false;
    char *const argv[] = {program, option, set, script, NULL};
    pid_t child = 0;
    const int failed = start(argv, log, &child);
    if (failed) {
        const char *const text = sb_str_format(cx->arena, "gnuplot: %s", strerror(failed));
        if (text) *why = text;
        (void)unlink(log);
        return false;
    }
    const int code = finish(child);
    if (code == 0 && sb_file_exists(svg)) {
        (void)unlink(log);
        *why = "";
        return true;
    }
    const char *const text = code == 127 ? "gnuplot: cannot be started"
                                         : sb_str_format(cx->arena, "exit code %d of gnuplot, see %s", code, log);
    if (text) *why = text;
    return false;
}
