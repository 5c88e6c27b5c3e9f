#pragma once
// Kafka's primitive types, big-endian, for the fetch server of the benchmarks.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace wire {

/// Writes an answer.
class Writer {
 public:
  std::vector<uint8_t> bytes;

  void i8(int8_t value) { bytes.push_back(static_cast<uint8_t>(value)); }
  void i16(int16_t value) { put(static_cast<uint16_t>(value), 2); }
  void i32(int32_t value) { put(static_cast<uint32_t>(value), 4); }
  void i64(int64_t value) { put(static_cast<uint64_t>(value), 8); }

  void text(const std::string &value) {
    i16(static_cast<int16_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
  }

  void raw(const uint8_t *data, size_t size) { bytes.insert(bytes.end(), data, data + size); }

  /// A signed number in zigzag form, as records hold them.
  void varint(int64_t value) {
    uint64_t rest = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    while (rest >= 0x80) {
      bytes.push_back(static_cast<uint8_t>(rest | 0x80));
      rest >>= 7;
    }
    bytes.push_back(static_cast<uint8_t>(rest));
  }

  void patch32(size_t at, int32_t value) {
    for (int i = 0; i < 4; i++) bytes[at + i] = static_cast<uint8_t>(uint32_t(value) >> (24 - 8 * i));
  }

  void patch64(size_t at, int64_t value) {
    for (int i = 0; i < 8; i++) bytes[at + i] = static_cast<uint8_t>(uint64_t(value) >> (56 - 8 * i));
  }

 private:
  void put(uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(value >> shift));
  }
};

/// Reads a request. Past its end everything is zero, and `broken` is set.
class Reader {
 public:
  bool broken = false;

  Reader(const uint8_t *data, size_t size) : at_(data), end_(data + size) {}

  int8_t i8() { return static_cast<int8_t>(get(1)); }
  int16_t i16() { return static_cast<int16_t>(get(2)); }
  int32_t i32() { return static_cast<int32_t>(get(4)); }
  int64_t i64() { return static_cast<int64_t>(get(8)); }

  std::string text() {
    int16_t size = i16();
    if (size <= 0) return {};
    if (end_ - at_ < size) {
      broken = true;
      return {};
    }
    std::string value(reinterpret_cast<const char *>(at_), size);
    at_ += size;
    return value;
  }

 private:
  const uint8_t *at_;
  const uint8_t *end_;

  uint64_t get(int size) {
    if (end_ - at_ < size) {
      broken = true;
      return 0;
    }
    uint64_t value = 0;
    for (int i = 0; i < size; i++) value = value << 8 | *at_++;
    return value;
  }
};

/// CRC-32C (Castagnoli), a bit at a time: batches are made once.
inline uint32_t crc32c(const uint8_t *data, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82F63B78u & -(crc & 1));
  }
  return ~crc;
}

}  // namespace wire
