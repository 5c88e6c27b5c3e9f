#ifndef RAUDAL_COPENSSL_H
#define RAUDAL_COPENSSL_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros, which Swift cannot call.

static inline int raudal_ssl_set_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

/// Nobody is asked for a passphrase: OpenSSL would, on the terminal or the standard input.
static inline int raudal_ssl_no_passphrase(char *room, int size, int isNew, void *user) {
  (void)room, (void)size, (void)isNew, (void)user;
  return -1;
}

/// Version 1.2 at least, no sessions kept by itself, and writes of a part of what is given.
static inline void raudal_ssl_prepare(SSL_CTX *context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(context, raudal_ssl_no_passphrase);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(
      context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                   SSL_MODE_AUTO_RETRY);
}

#endif
