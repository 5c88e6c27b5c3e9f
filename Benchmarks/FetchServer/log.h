#pragma once
// The records of the fetch server: batches in Kafka's format 2, made once and sent as they are.

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "wire.h"

/// A prebuilt batch. Its base offset stands in the first eight bytes, outside the checksum, so that
/// one batch serves at any place of a log.
struct PrebuiltBatch {
  std::vector<uint8_t> bytes;
  int64_t records = 0;
};

/// One partition: its batches, repeated as often as asked.
struct PartitionLog {
  std::vector<PrebuiltBatch> batches;
  /// Offset of each batch within one round.
  std::vector<int64_t> starts;
  int64_t round = 0;
  int64_t end = 0;
};

inline PrebuiltBatch makeBatch(const std::vector<std::string> &values, int64_t time) {
  wire::Writer batch;
  batch.i64(0);   // base offset
  batch.i32(0);   // length, below
  batch.i32(0);   // leader epoch
  batch.i8(2);    // format
  batch.i32(0);   // checksum, below
  batch.i16(0);   // no compression, client's time, no transaction
  batch.i32(static_cast<int32_t>(values.size()) - 1);
  batch.i64(time);
  batch.i64(time);
  batch.i64(-1);  // producer
  batch.i16(-1);
  batch.i32(-1);
  batch.i32(static_cast<int32_t>(values.size()));
  for (size_t i = 0; i < values.size(); i++) {
    wire::Writer record;
    record.i8(0);
    record.varint(0);                       // time after the batch's
    record.varint(static_cast<int64_t>(i));  // offset after the batch's
    record.varint(-1);                      // no key
    record.varint(static_cast<int64_t>(values[i].size()));
    record.raw(reinterpret_cast<const uint8_t *>(values[i].data()), values[i].size());
    record.varint(0);                       // no headers
    batch.varint(static_cast<int64_t>(record.bytes.size()));
    batch.raw(record.bytes.data(), record.bytes.size());
  }
  batch.patch32(8, static_cast<int32_t>(batch.bytes.size()) - 12);
  batch.patch32(17, static_cast<int32_t>(wire::crc32c(&batch.bytes[21], batch.bytes.size() - 21)));
  return {std::move(batch.bytes), static_cast<int64_t>(values.size())};
}

/// Deals the lines of a file out to the partitions, a batch at a time, and repeats each log.
inline std::vector<PartitionLog> loadLogs(
    const std::string &path, int partitions, int perBatch, int64_t repeats) {
  std::vector<PartitionLog> logs(partitions);
  std::ifstream file(path);
  std::string line;
  std::vector<std::string> values;
  size_t next = 0;
  auto finish = [&] {
    if (values.empty()) return;
    PartitionLog &log = logs[next++ % partitions];
    log.starts.push_back(log.round);
    log.batches.push_back(makeBatch(values, 1767225600000));
    log.round += log.batches.back().records;
    values.clear();
  };
  while (std::getline(file, line)) {
    if (!line.empty()) values.push_back(line);
    if (static_cast<int>(values.size()) == perBatch) finish();
  }
  finish();
  for (PartitionLog &log : logs) log.end = log.round * repeats;
  return logs;
}
