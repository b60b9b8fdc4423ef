/* What plug-ins declare, in words: the same in lists, records and reports. */
#ifndef SB_EXP_DECLARED_H
#define SB_EXP_DECLARED_H

#include <stddef.h>

/* "labels, proxy losses", or "features only"; of sb_needs. Cut where size ends. */
void sb_needs_words(unsigned needs, char *text, size_t size);
/* "random, weighted", or "deterministic set"; of sb_traits. */
void sb_traits_words(unsigned traits, char *text, size_t size);

#endif
