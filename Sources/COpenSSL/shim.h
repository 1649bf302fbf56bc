// SPDX-License-Identifier: Apache-2.0
// What the Crypto module uses of OpenSSL 3.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// The low-level SHA-256 keeps its state in a plain struct: no allocation, no look-up of a provider, a fraction of the
// time of EVP for a short text. OpenSSL 3 calls it deprecated, which only these three lines need to know.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
static inline int gatehouse_sha256_init(SHA256_CTX *state) { return SHA256_Init(state); }
static inline int gatehouse_sha256_update(SHA256_CTX *state, const void *bytes, size_t count) {
    return SHA256_Update(state, bytes, count);
}
static inline int gatehouse_sha256_final(unsigned char *digest, SHA256_CTX *state) {
    return SHA256_Final(digest, state);
}
#pragma clang diagnostic pop
