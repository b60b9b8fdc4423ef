/* What to do about alarms, at length: the sections of results/alarms.md inside the reports, which travel alone. */
#include <string.h>

#include "alarm.h"
#include "file.h"

/* The text below the heading "## Words", from its first letter to before the next heading; "" without that heading. */
static const char *section(const char *page, const char *words, sb_arena *a)
{
    const char *title = page;
    while ((title = strstr(title, "\n## "))) {
        title += 4;
        const size_t size = strlen(words);
        /* the kind's words begin small, headings with a capital */
        if (*title != *words + 'A' - 'a' || strncmp(title + 1, words + 1, size - 1) != 0 || title[size] != '\n')
            continue;
        const char *text = title + size;
        text += strspn(text, "\n");
        const char *const end = strstr(text, "\n## ");
        size_t long_is = end ? (size_t)(end - text) : strlen(text);
        while (long_is && text[long_is - 1] == '\n') long_is--;
        return sb_str_copy(a, text, long_is);
    }
    return "";
}

sb_status sb_alarm_page_read(const char *path, sb_ctx *cx, const char *text[SB_A_COUNT])
{
    char *page = NULL;
    size_t size = 0;
    for (size_t k = 0; k < SB_A_COUNT; k++) text[k] = "";
    if (!path || !sb_file_exists(path)) return SB_OK;
    SB_TRY(sb_file_read(path, 1 << 20, cx, &page, &size));
    for (size_t k = 0; k < SB_A_COUNT; k++) {
        text[k] = section(page, sb_alarm_words[k], cx->arena);
        if (!text[k]) SB_FAIL(cx->err, SB_ENOMEM, "the page about alarms");
    }
    return SB_OK;
}
