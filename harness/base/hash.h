/* SHA-256 (libcrypto): names content, keys cells, seeds streams. */
#ifndef SB_BASE_HASH_H
#define SB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { SB_HASH_BYTES = 32, SB_HASH_HEX = 65 };

typedef struct sb_hash {
    void *state;
} sb_hash;

/* Streaming: begin, add..., end; end releases the state. Aborts when libcrypto has no memory (our one exception: it is
 * a few hundred bytes at a time when nothing can be recorded anyway). */
sb_hash sb_hash_begin(void);
void sb_hash_add(sb_hash *h, const void *bytes, size_t size);
/* Adds the length and then the bytes, so that "ab","c" and "a","bc" differ. */
void sb_hash_add_text(sb_hash *h, const char *text);
void sb_hash_end(sb_hash *h, uint8_t digest[SB_HASH_BYTES]);
void sb_hash_end_hex(sb_hash *h, char hex[SB_HASH_HEX]);

void sb_hash_hex_of(const void *bytes, size_t size, char hex[SB_HASH_HEX]);

#endif
