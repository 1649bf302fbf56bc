// SPDX-License-Identifier: Apache-2.0
// What the Crypto module uses of OpenSSL 3.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
