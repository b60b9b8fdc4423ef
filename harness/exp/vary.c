#include "vary.h"

const char *const sb_chance_words[SB_CHANCES + 1] = {"split", "warmup", "selection", "training", NULL};

unsigned sb_vary_repeats(const sb_vary *v)
{
    unsigned all = 1;
    for (int k = 0; k < SB_CHANCES && sb_vary_any(v); k++) all *= v->level[k];
    return all;
}

unsigned sb_vary_draw(const sb_vary *v, sb_chance source, unsigned rep)
{
    if (!sb_vary_any(v)) return source == SB_SPLIT ? 0 : rep;
    unsigned inside = 1;
    for (int k = (int)source + 1; k < SB_CHANCES; k++) inside *= v->level[k];
    return rep / inside;
}

sb_status sb_vary_read(const sb_yaml *node, sb_ctx *cx, sb_vary *out)
{
    *out = (sb_vary){0};
    if (!node) return SB_OK;
    if (node->kind != SB_YAML_MAP || !node->n)
        return sb_yaml_fail(node, cx, "'vary' must be a map of sources and their draws: {warmup: 4, selection: 5}");
    SB_TRY(sb_yaml_keys(node, sb_chance_words, cx));
    size_t all = 1;
    for (int k = 0; k < SB_CHANCES; k++) {
        size_t level = 1;
        SB_TRY(sb_yaml_size(node, sb_chance_words[k], 2, 1000, cx, &level));
        out->level[k] = (unsigned)level;
        all *= level;
        if (all > 100000) return sb_yaml_fail(node, cx, "'vary' asks for more than 100000 repeats");
    }
    return SB_OK;
}
