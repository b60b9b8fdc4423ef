#include "selbench/method.h"

void sb_selection_note(sb_selection *s, const char *name, double value)
{
    if (s->notes == SB_NOTES_MAX) SB_BUG("more than %d notes, at '%s'", SB_NOTES_MAX, name);
    s->note[s->notes++] = (sb_note){name, value};
}
