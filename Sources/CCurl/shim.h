#ifndef RAUDAL_CCURL_H
#define RAUDAL_CCURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// libcurl's options are set by variadic functions, which Swift cannot call: one function for each
// type of value.

typedef size_t (*raudal_curl_sink)(char *bytes, size_t size, size_t count, void *context);
typedef int (*raudal_curl_pulse)(
    void *context, curl_off_t all, curl_off_t got, curl_off_t to_send, curl_off_t sent);
typedef int (*raudal_curl_opened)(void *context, curl_socket_t socket, curlsocktype purpose);
typedef int (*raudal_curl_closed)(void *context, curl_socket_t socket);
typedef int (*raudal_curl_begun)(void *context, char *, char *, int, int);
typedef int (*raudal_curl_watch)(
    CURL *easy, curl_socket_t socket, int what, void *context, void *of_socket);
typedef int (*raudal_curl_timer)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode raudal_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode raudal_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode raudal_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode raudal_curl_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode raudal_curl_set_sink(CURL *easy, CURLoption option, raudal_curl_sink value) {
  return curl_easy_setopt(easy, option, value);
}

/// Called about once a second while a transfer waits; anything but 0 ends it.
static inline CURLcode raudal_curl_set_pulse(CURL *easy, raudal_curl_pulse value) {
  return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, value);
}

static inline CURLcode raudal_curl_set_opened(CURL *easy, raudal_curl_opened value) {
  return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, value);
}

static inline CURLcode raudal_curl_set_closed(CURL *easy, raudal_curl_closed value) {
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}

static inline CURLcode raudal_curl_set_begun(CURL *easy, raudal_curl_begun value) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

static inline CURLMcode raudal_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode raudal_curl_multi_set_pointer(
    CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode raudal_curl_multi_set_watch(CURLM *multi, raudal_curl_watch value) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}

static inline CURLMcode raudal_curl_multi_set_timer(CURLM *multi, raudal_curl_timer value) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}

static inline long raudal_curl_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline void *raudal_curl_private(CURL *easy) {
  void *value = 0;
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : 0;
}

/// The last value of a header of the last response; null where it has none.
static inline const char *raudal_curl_header(CURL *easy, const char *name) {
  struct curl_header *found = 0;
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : 0;
}

/// What a message that says that a transfer ended says of how.
static inline CURLcode raudal_curl_result(const CURLMsg *message) {
  return message->data.result;
}

#endif
