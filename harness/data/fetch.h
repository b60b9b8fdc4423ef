/* Downloads, by libcurl. */
#ifndef SB_DATA_FETCH_H
#define SB_DATA_FETCH_H

#include "dataset.h"

/* Fetches url (http, https, file) to path, which must not be a file that anyone else writes. Redirects are followed.
 * What a failure of the network leaves at path is gone on with by the next call for the same url, if the server says
 * that its file is still the same (PATH.from keeps url and validator, until all is there); such failures, and answers
 * like 503, are tried again with growing pauses. Proxies as libcurl finds them in the environment. A server that is
 * silent for places->silence_s is given up. Certificates are checked against places->ca_file, else the system's. What
 * cannot be written (a full disk) leaves nothing. SB_EIO says why. */
sb_status sb_fetch(const char *url, const char *path, const sb_places *places, sb_ctx *cx) SB_CHECKED;

/* Removes what an unfinished download left. */
void sb_fetch_forget(const char *path, sb_ctx *cx);

#endif
