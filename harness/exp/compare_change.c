/* What changed between two sides besides values, named with both values: of two run.json, label by label. */
#include <string.h>

#include "compare_side.h"
#include "str.h"

typedef struct changes {
    const sb_side *run, *base;
    sb_ctx *cx;
    const char *end; /* written after each change but the last */
    sb_buf out;
} changes;

/* A data set as both sides have it: is NULL where the run has not. */
typedef struct bench {
    const json_t *was, *is;
    size_t was_at, is_at; /* positions in the configs */
} bench;

static const char *text_of(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

static const json_t *find(const json_t *list, const char *label)
{
    size_t i = 0;
    json_t *o = NULL;
    json_array_foreach(list, i, o) if (strcmp(text_of(o, "label"), label) == 0) return o;
    return NULL;
}

/* "k_center{first=random}" and "k_center" name one plug-in. */
static bool same_plugin(const char *a, const char *b)
{
    const size_t size = strcspn(a, "{");
    return size == strcspn(b, "{") && memcmp(a, b, size) == 0;
}

/* The run's entry of this label; else, of the entries of its plug-in whose label only one side has, that of its rank.
 */
static const json_t *counterpart(const json_t *was, const json_t *is, const json_t *own)
{
    const json_t *const found = own ? find(is, text_of(own, "label")) : NULL;
    const char *const plugin = text_of(own, "options");
    size_t i = 0, before = 0;
    json_t *o = NULL;
    if (found || !own) return found;
    json_array_foreach(was, i, o)
    {
        if (o == own) break;
        before += same_plugin(text_of(o, "options"), plugin) && !find(is, text_of(o, "label"));
    }
    json_array_foreach(is, i, o)
    {
        if (!same_plugin(text_of(o, "options"), plugin) || find(was, text_of(o, "label"))) continue;
        if (before-- == 0) return o;
    }
    return NULL;
}

static const json_t *find_bench(const json_t *run, const char *data, const char *embedding, size_t *at)
{
    size_t i = 0;
    json_t *o = NULL;
    json_array_foreach(json_object_get(run, "benches"), i, o)
    {
        if (strcmp(text_of(o, "data"), data) != 0 || strcmp(text_of(o, "embedding"), embedding) != 0) continue;
        *at = i;
        return o;
    }
    return NULL;
}

/* Is the other side without this data set under this embedding? */
static bool alone(const json_t *o, const json_t *other)
{
    size_t at = 0;
    return !find_bench(other, text_of(o, "data"), text_of(o, "embedding"), &at);
}

static bool same_kind(const json_t *a, const json_t *b)
{
    return same_plugin(text_of(a, "data"), text_of(b, "data")) &&
           same_plugin(text_of(a, "embedding"), text_of(b, "embedding"));
}

/* As counterpart, of data sets under embeddings. */
static bench pair_bench(const changes *c, const char *data, const char *embedding)
{
    const json_t *const was = c->base->run, *const is = c->run->run;
    bench p = {0};
    size_t i = 0, before = 0;
    json_t *o = NULL;
    p.was = find_bench(was, data, embedding, &p.was_at);
    p.is = find_bench(is, data, embedding, &p.is_at);
    if (p.is || !p.was) return p;
    json_array_foreach(json_object_get(was, "benches"), i, o)
    {
        if (o == p.was) break;
        before += same_kind(o, p.was) && alone(o, is);
    }
    json_array_foreach(json_object_get(is, "benches"), i, o)
    {
        if (!same_kind(o, p.was) || !alone(o, was) || before-- > 0) continue;
        p.is = o;
        p.is_at = i;
        break;
    }
    return p;
}

/* Value of the nth line "KEY: value" of the resolved config without its quotes; "" when there is none. NULL: no memory.
 */
static const char *config_line(const sb_side *s, const char *key, size_t nth, sb_ctx *cx)
{
    const char *p = text_of(s->run, "config");
    size_t seen = 0;
    while (p && *p) {
        if (strncmp(p, key, strlen(key)) == 0 && seen++ == nth) {
            p += strlen(key);
            const size_t size = strcspn(p, "\n"), quote = size > 1 && *p == '"' && p[size - 1] == '"';
            return sb_str_copy(cx->arena, p + quote, size - 2 * quote);
        }
        p = strchr(p, '\n');
        if (p) p++;
    }
    return "";
}

/* "key=value" or a word of "name{key=value, word} key=value". */
typedef struct item {
    const char *text;
    size_t size, key; /* bytes; of them the key: all where there is no value */
} item;

typedef struct items {
    const char *p;
    bool inside; /* the braces, where items end at commas; outside at blanks */
} items;

/* The next one; false at the end. Brackets and quotes of a value hold together. */
static bool next_item(items *s, item *e)
{
    static const char open[] = "([{", close[] = ")]}";
    for (; *s->p && strchr("{}, ", *s->p); s->p++) s->inside = *s->p == '{' || (s->inside && *s->p != '}');
    *e = (item){.text = s->p};
    size_t depth = 0;
    bool quoted = false;
    for (; *s->p; s->p++) {
        const char c = *s->p;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (!depth && strchr(s->inside ? ",}" : e->key ? ", " : "{, ", c)) break;
        if (c == '=' && !e->key) e->key = (size_t)(s->p - e->text);
        if (strchr(open, c)) depth++;
        if (strchr(close, c) && depth) depth--;
    }
    e->size = (size_t)(s->p - e->text);
    if (!e->key) e->key = e->size;
    return e->size > 0;
}

static bool find_item(const char *in, const item *like, item *e)
{
    items s = {in, false};
    while (next_item(&s, e))
        if (e->key == like->key && memcmp(e->text, like->text, e->key) == 0) return true;
    return false;
}

static void put_value(const item *e, sb_buf *b)
{
    enum { MOST = 60 };
    const size_t from = e->key + (e->key < e->size), size = e->size - from;
    if (!size)
        sb_buf_add(b, "set");
    else
        sb_buf_add(b, "%.*s%s", (int)(size > MOST ? MOST : size), e->text + from, size > MOST ? "..." : "");
}

/* "k 10 -> 20, floor none -> 0.1"; the texts differ. */
static void put_items(const char *was, const char *is, sb_buf *b)
{
    const size_t before = b->size;
    const char *comma = "";
    for (int side = 0; side < 2; side++) {
        const char *const other = side ? was : is;
        items s = {side ? is : was, false};
        item e, o;
        while (next_item(&s, &e)) {
            const bool both = find_item(other, &e, &o);
            if (both && (side || (o.size == e.size && memcmp(o.text, e.text, e.size) == 0))) continue;
            sb_buf_add(b, "%s%.*s ", comma, (int)e.key, e.text);
            comma = ", ";
            if (side)
                sb_buf_add(b, "none -> ");
            else
                put_value(&e, b);
            if (!side) sb_buf_add(b, " -> ");
            if (!side && !both)
                sb_buf_add(b, "none");
            else
                put_value(side ? &e : &o, b);
        }
    }
    if (b->size == before) sb_buf_add(b, "%.80s -> %.80s", was, is); /* their order */
}

static void begin(changes *c, const char *what, const char *name)
{
    sb_buf_add(&c->out, "%s%s%s changed: ", c->out.size ? c->end : "", what, name);
}

/* Texts that do not consist of options. */
static void put(changes *c, const char *what, const char *name, const char *was, const char *is)
{
    if (!was || !is) {
        c->out.bad = true;
        return;
    }
    if (strcmp(was, is) == 0) return;
    begin(c, what, name);
    sb_buf_add(&c->out, "%.80s -> %.80s", *was ? was : "none", *is ? is : "none");
}

static void put_options(changes *c, const char *what, const char *name, const char *was, const char *is)
{
    if (was && is && *was && *is && same_plugin(was, is) && strcmp(was, is) != 0) {
        begin(c, what, name);
        put_items(was, is, &c->out);
    } else
        put(c, what, name, was, is);
}

/* "1 4 5 1": draws of each source inside those of the one before; "" without `vary`. NULL: no memory. */
static const char *vary_of(const json_t *of, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    size_t i = 0;
    json_t *level = NULL;
    sb_buf_add(&b, "%s", "");
    json_array_foreach(json_object_get(of, "vary"), i, level)
    {
        if (json_integer_value(level) == 0) return "";
        sb_buf_add(&b, "%s%" JSON_INTEGER_FORMAT, i ? " " : "", json_integer_value(level));
    }
    return b.bad ? NULL : b.text;
}

static void put_experiment(changes *c)
{
    const json_int_t was = json_integer_value(json_object_get(c->base->run, "seed")),
                     is = json_integer_value(json_object_get(c->run->run, "seed"));
    if (was != is) {
        begin(c, "seed", "");
        sb_buf_add(&c->out, "%" JSON_INTEGER_FORMAT " -> %" JSON_INTEGER_FORMAT, was, is);
    }
    put(c, "probes", "", config_line(c->base, "probes: ", 0, c->cx), config_line(c->run, "probes: ", 0, c->cx));
    put(c, "delta", "", config_line(c->base, "delta: ", 0, c->cx), config_line(c->run, "delta: ", 0, c->cx));
}

/* The data set itself: options where these say it, else the hash of its content. */
static void put_bench(changes *c, const bench *p)
{
    const char *const data = text_of(p->was, "data");
    const char *const set[2] = {config_line(c->base, "  - set: ", p->was_at, c->cx),
                                config_line(c->run, "  - set: ", p->is_at, c->cx)};
    const char *const seen[2] = {config_line(c->base, "    embedding: ", p->was_at, c->cx),
                                 config_line(c->run, "    embedding: ", p->is_at, c->cx)};
    const size_t before = c->out.size;
    put_options(c, "data ", data, set[0], set[1]);
    put_options(c, "embedding of ", data, seen[0], seen[1]);
    if (c->out.size == before) put(c, "content of data ", data, text_of(p->was, "content"), text_of(p->is, "content"));
    if (c->out.size == before)
        put(c, "content that models train on, ", data, text_of(p->was, "content_trained"),
            text_of(p->is, "content_trained"));
    put(c, "vary of ", data, vary_of(p->was, c->cx), vary_of(p->is, c->cx));
    put(c, "warm-up of ", data, config_line(c->base, "    warmup: ", p->was_at, c->cx),
        config_line(c->run, "    warmup: ", p->is_at, c->cx));
}

/* Options of one method or model, in the list of that name. */
static void put_plugin(changes *c, const bench *p, const char *list, const char *what, const char *label)
{
    const json_t *const was = json_object_get(p->was, list), *const is = json_object_get(p->is, list);
    const json_t *const x = find(was, label), *const y = counterpart(was, is, x);
    if (x && y) put_options(c, what, label, text_of(x, "options"), text_of(y, "options"));
}

const char *sb_side_obstacle(const sb_side *a, const sb_side *b, const char *data, const char *embedding,
                             const char *model, const char *method, sb_ctx *cx)
{
    changes c = {a, b, cx, "; ", {.arena = cx->arena}};
    const bench p = pair_bench(&c, data, embedding);
    if (!p.was) return sb_str_format(cx->arena, "run.json does not list '%s' under '%s'", data, embedding);
    if (!p.is) return "";
    const json_t *const models = json_object_get(p.was, "models"), *const own = find(models, model);
    const json_t *const methods = json_object_get(p.was, "methods");
    if (!counterpart(methods, json_object_get(p.is, "methods"), find(methods, method))) return "";
    if (own && !counterpart(models, json_object_get(p.is, "models"), own)) return "";
    put_experiment(&c);
    put_bench(&c, &p);
    put_plugin(&c, &p, "methods", "options of method ", method);
    put_plugin(&c, &p, "models", "options of model ", model);
    return c.out.bad ? NULL : c.out.size ? c.out.text : "";
}

const char *sb_side_absent(const sb_side *a, const char *data, const char *embedding, const char *model,
                           const char *budget, const char *method, sb_ctx *cx)
{
    size_t at = 0, i = 0;
    const json_t *const o = find_bench(a->run, data, embedding, &at);
    json_t *e = NULL;
    if (!o) return sb_str_format(cx->arena, "the run has no data '%s' under '%s'", data, embedding);
    if (!find(json_object_get(o, "methods"), method))
        return sb_str_format(cx->arena, "the run has no method '%s'", method);
    if (*model && !find(json_object_get(o, "models"), model))
        return sb_str_format(cx->arena, "the run has no model '%s'", model);
    json_array_foreach(json_object_get(o, "budgets"), i, e) if (strcmp(text_of(e, "text"), budget) == 0) return "";
    return sb_str_format(cx->arena, "the run has no budget '%s'", budget);
}

/* Code versions of the plug-ins that both sides use. */
static void put_code(changes *c, const bench *p, const char *list, const char *what)
{
    size_t i = 0;
    json_t *m = NULL;
    json_array_foreach(json_object_get(p->was, list), i, m)
    {
        const json_t *o = find(json_object_get(p->is, list), text_of(m, "label"));
        if (o) put(c, what, text_of(m, "label"), text_of(m, "code"), text_of(o, "code"));
    }
}

/* All of one data set: what is said already, of a data set before it, is left out. */
static void put_all(changes *c, const json_t *of)
{
    changes one = {c->run, c->base, c->cx, "\n", {.arena = c->cx->arena}};
    const bench p = pair_bench(c, text_of(of, "data"), text_of(of, "embedding"));
    size_t i = 0;
    json_t *m = NULL;
    if (!p.is) return;
    put_bench(&one, &p);
    json_array_foreach(json_object_get(p.was, "methods"), i, m)
        put_plugin(&one, &p, "methods", "options of method ", text_of(m, "label"));
    json_array_foreach(json_object_get(p.was, "models"), i, m)
        put_plugin(&one, &p, "models", "options of model ", text_of(m, "label"));
    put_code(&one, &p, "methods", "code of method ");
    put_code(&one, &p, "models", "code of model ");
    if (one.out.bad) c->out.bad = true;
    for (const char *line = one.out.bad ? NULL : one.out.text; line && *line;) {
        const size_t size = strcspn(line, "\n");
        const char *const text = sb_str_copy(c->cx->arena, line, size);
        if (!text)
            c->out.bad = true;
        else if (!c->out.size || !strstr(c->out.text, text))
            sb_buf_add(&c->out, "%s%s", c->out.size ? "\n" : "", text);
        line += size + (line[size] == '\n');
    }
}

const char *sb_side_changes(const sb_side *a, const sb_side *b, sb_ctx *cx)
{
    static const char *const keys[] = {"selbench", "git", "core_code", "kernel", "openblas", "compiler"};
    const json_t *const x = json_object_get(a->run, "software"), *const y = json_object_get(b->run, "software");
    changes c = {a, b, cx, "\n", {.arena = cx->arena}};
    size_t i = 0;
    json_t *o = NULL;
    put_experiment(&c);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (json_object_get(x, keys[k]) && json_object_get(y, keys[k]))
            put(&c, keys[k], "", text_of(y, keys[k]), text_of(x, keys[k]));
    json_array_foreach(json_object_get(b->run, "benches"), i, o) put_all(&c, o);
    return c.out.bad ? NULL : c.out.size ? c.out.text : "";
}
