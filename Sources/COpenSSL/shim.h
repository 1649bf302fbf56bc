// SPDX-License-Identifier: Apache-2.0
// What the modules Crypto and TLS use of OpenSSL 3.
#pragma once
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

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

// What OpenSSL says in macros, which Swift does not import.

static inline uint64_t gatehouse_server_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
           SSL_OP_PRIORITIZE_CHACHA;
}
static inline uint64_t gatehouse_client_options(void) { return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION; }
static inline EVP_PKEY *gatehouse_new_p256_key(void) { return EVP_EC_gen("P-256"); }
static inline void gatehouse_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void gatehouse_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline int gatehouse_set_server_name_callback(SSL_CTX *context, int (*call)(SSL *, int *, void *)) {
    return SSL_CTX_set_tlsext_servername_callback(context, call) == 1;
}
// HMAC-SHA-256 under `key`, for session tickets.
static inline int gatehouse_key_ticket_mac(EVP_MAC_CTX *mac, unsigned char *key, size_t count) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, count),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}
