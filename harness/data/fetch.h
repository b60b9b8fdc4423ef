/* Downloads, by libcurl. */
#ifndef SB_DATA_FETCH_H
#define SB_DATA_FETCH_H

#include "dataset.h"

/* Fetches url (http, https, file) to path, which must not be a file that anyone else reads. Redirects are followed; a
 * server that is silent for 30 s is given up. SB_EIO says why; nothing is left at path then. */
sb_status sb_fetch(const char *url, const char *path, const sb_places *places, sb_ctx *cx) SB_CHECKED;

#endif
