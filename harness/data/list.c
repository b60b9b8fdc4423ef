/* All data sets, described without opening them. */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "registry.h"
#include "source.h"

static int by_name(const void *a, const void *b)
{
    const sb_dataset_info *x = a, *y = b;
    return strcmp(x->name, y->name);
}

sb_status sb_dataset_list(const sb_places *places, sb_ctx *cx, const sb_dataset_info **info, size_t *count)
{
    const char **file = NULL, *folder = sb_file_join(cx->arena, places->home, "datasets");
    size_t files = 0, generators = 0, n = 0;
    if (!folder) SB_FAIL(cx->err, SB_ENOMEM, "list of data sets");
    SB_TRY(sb_file_list(folder, cx, &file, &files));
    while (sb_generator_table[generators].plugin) generators++;
    sb_dataset_info *list = SB_NEW(cx->arena, files + generators, sb_dataset_info);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu data sets", files + generators);
    const sb_source *s = NULL;
    for (size_t i = 0; i < files; i++) {
        if (!sb_str_ends(file[i], ".yaml")) continue;
        const char *name = sb_str_copy(cx->arena, file[i], strlen(file[i]) - 5);
        if (!name) SB_FAIL(cx->err, SB_ENOMEM, "list of data sets");
        SB_TRY(sb_source_read(name, NULL, places, cx, &s));
        list[n++] = s->info;
    }
    for (size_t i = 0; i < generators; i++) {
        SB_TRY(sb_source_generator(sb_generator_table[i].plugin, sb_generator_table[i].code, NULL, cx, &s));
        list[n++] = s->info;
    }
    qsort(list, n, sizeof *list, by_name);
    *info = list;
    *count = n;
    return SB_OK;
}
