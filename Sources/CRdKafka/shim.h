#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// One record into the producer's queue, its bytes copied. Swift cannot call the variadic
/// rd_kafka_producev. `key` and `value` may be NULL (none, a tombstone); `timestamp` in
/// milliseconds, 0 for the client's clock; `headers` belongs to the library only on success.
static inline rd_kafka_resp_err_t raudal_rd_kafka_produce(
    rd_kafka_t *rk, rd_kafka_topic_t *topic, const void *key, size_t key_size, const void *value,
    size_t value_size, rd_kafka_headers_t *headers, int64_t timestamp, void *opaque) {
  if (headers)
    return rd_kafka_producev(
        rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
        RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
  return rd_kafka_producev(
      rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
      RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_TIMESTAMP(timestamp),
      RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

/// Error injection of the mock cluster, whose own function is variadic: `count` times `code`.
static inline void raudal_rd_kafka_mock_errors(
    rd_kafka_mock_cluster_t *cluster, int16_t api, size_t count, rd_kafka_resp_err_t code) {
  for (size_t i = 0; i < count; i++) rd_kafka_mock_push_request_errors(cluster, api, 1, code);
}
