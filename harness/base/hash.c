#include "hash.h"

#include <openssl/evp.h>
#include <string.h>

#include "selbench/status.h"

sb_hash sb_hash_begin(void)
{
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    if (!state || EVP_DigestInit_ex(state, EVP_sha256(), NULL) != 1) SB_BUG("libcrypto offers no SHA-256");
    return (sb_hash){state};
}

void sb_hash_add(sb_hash *h, const void *bytes, size_t size)
{
    if (EVP_DigestUpdate(h->state, bytes, size) != 1) SB_BUG("SHA-256 update failed");
}

void sb_hash_add_text(sb_hash *h, const char *text)
{
    const uint64_t size = strlen(text);
    sb_hash_add(h, &size, sizeof size);
    sb_hash_add(h, text, (size_t)size);
}

void sb_hash_end(sb_hash *h, uint8_t digest[SB_HASH_BYTES])
{
    unsigned size = 0;
    if (EVP_DigestFinal_ex(h->state, digest, &size) != 1 || size != SB_HASH_BYTES) SB_BUG("SHA-256 final failed");
    EVP_MD_CTX_free(h->state);
    h->state = NULL;
}

void sb_hash_end_hex(sb_hash *h, char hex[SB_HASH_HEX])
{
    static const char digit[] = "0123456789abcdef";
    uint8_t digest[SB_HASH_BYTES];
    sb_hash_end(h, digest);
    for (size_t i = 0; i < SB_HASH_BYTES; i++) {
        hex[2 * i] = digit[digest[i] >> 4];
        hex[2 * i + 1] = digit[digest[i] & 15];
    }
    hex[2 * SB_HASH_BYTES] = '\0';
}

void sb_hash_hex_of(const void *bytes, size_t size, char hex[SB_HASH_HEX])
{
    sb_hash h = sb_hash_begin();
    sb_hash_add(&h, bytes, size);
    sb_hash_end_hex(&h, hex);
}
