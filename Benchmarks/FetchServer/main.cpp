// A broker that can only be read from: it answers fetches with batches that were made beforehand,
// so that a benchmark measures the reader and not the broker. One topic, no groups, no writes.
//
//   FetchServer PORT TOPIC PARTITIONS FILE [REPEATS] [RECORDS-A-BATCH]
//
// Speaks ApiVersions, Metadata, ListOffsets and Fetch; prints "ready" and then serves until killed.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "log.h"

namespace {

enum Api : int16_t { Produce = 0, Fetch = 1, ListOffsets = 2, Metadata = 3, Coordinator = 10, Versions = 18 };

struct Server {
  uint16_t port = 0;
  std::string topic;
  std::vector<PartitionLog> logs;
};

bool readAll(int socket, uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t got = recv(socket, data, size, 0);
    if (got <= 0) return false;
    data += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool writeAll(int socket, std::vector<iovec> &parts) {
  size_t first = 0;
  while (first < parts.size()) {
    int count = static_cast<int>(std::min<size_t>(parts.size() - first, 512));
    ssize_t sent = writev(socket, &parts[first], count);
    if (sent <= 0) return false;
    auto rest = static_cast<size_t>(sent);
    while (first < parts.size() && rest >= parts[first].iov_len) rest -= parts[first++].iov_len;
    if (first < parts.size()) {
      parts[first].iov_base = static_cast<uint8_t *>(parts[first].iov_base) + rest;
      parts[first].iov_len -= rest;
    }
  }
  return true;
}

bool send(int socket, wire::Writer &answer) {
  answer.patch32(0, static_cast<int32_t>(answer.bytes.size()) - 4);
  std::vector<iovec> parts{{answer.bytes.data(), answer.bytes.size()}};
  return writeAll(socket, parts);
}

/// Each answer begins with its size, filled in at the end, and the request's number.
wire::Writer begin(int32_t correlation) {
  wire::Writer answer;
  answer.i32(0);
  answer.i32(correlation);
  return answer;
}

bool versions(int socket, int32_t correlation, int16_t version) {
  wire::Writer answer = begin(correlation);
  answer.i16(version > 0 ? 35 : 0);  // newer forms are refused; the client then asks in this one
  const int16_t apis[][3] = {{Produce, 3, 3},  {Fetch, 4, 4},       {ListOffsets, 1, 1},
                             {Metadata, 1, 1}, {Coordinator, 0, 0}, {Versions, 0, 0}};
  answer.i32(6);
  for (const auto &api : apis)
    for (int16_t number : api) answer.i16(number);
  return send(socket, answer);
}

bool metadata(const Server &server, int socket, int32_t correlation) {
  wire::Writer answer = begin(correlation);
  answer.i32(1);
  answer.i32(1);
  answer.text("127.0.0.1");
  answer.i32(server.port);
  answer.i16(-1);  // no rack
  answer.i32(1);   // controller
  answer.i32(1);
  answer.i16(0);
  answer.text(server.topic);
  answer.i8(0);
  answer.i32(static_cast<int32_t>(server.logs.size()));
  for (size_t i = 0; i < server.logs.size(); i++) {
    answer.i16(0);
    answer.i32(static_cast<int32_t>(i));
    for (int32_t number : {1, 1, 1, 1, 1}) answer.i32(number);  // leader, replicas [1], in sync [1]
  }
  return send(socket, answer);
}

bool listOffsets(const Server &server, int socket, int32_t correlation, wire::Reader request) {
  request.i32();
  wire::Writer answer = begin(correlation);
  int32_t topics = request.i32();
  answer.i32(topics);
  for (int32_t t = 0; t < topics && !request.broken; t++) {
    answer.text(request.text());
    int32_t partitions = request.i32();
    answer.i32(partitions);
    for (int32_t p = 0; p < partitions && !request.broken; p++) {
      int32_t number = request.i32();
      int64_t time = request.i64();
      bool known = number >= 0 && static_cast<size_t>(number) < server.logs.size();
      answer.i32(number);
      answer.i16(known ? 0 : 3);
      answer.i64(-1);
      answer.i64(!known ? -1 : time == -2 ? 0 : server.logs[number].end);
    }
  }
  return send(socket, answer);
}

bool coordinator(int socket, int32_t correlation) {
  wire::Writer answer = begin(correlation);
  answer.i16(15);  // not available, and never will be
  answer.i32(-1);
  answer.text("");
  answer.i32(-1);
  return send(socket, answer);
}

/// An answer to a fetch: headers of its own memory, batches of the logs.
struct FetchAnswer {
  wire::Writer head;
  /// Where in `head` a batch is inserted.
  struct Insert {
    size_t at;
    const PrebuiltBatch *batch;
    int64_t base;
  };
  std::vector<Insert> inserts;
  size_t inserted = 0;
};

/// Adds whole batches from `offset` on, at least one, up to `limit` bytes.
void addBatches(FetchAnswer &answer, const PartitionLog &log, int64_t offset, size_t limit) {
  size_t lengthAt = answer.head.bytes.size();
  answer.head.i32(0);
  size_t size = 0;
  if (log.round == 0) return;
  int64_t within = offset % log.round;
  auto after = std::upper_bound(log.starts.begin(), log.starts.end(), within);
  auto index = static_cast<size_t>(after - log.starts.begin()) - 1;
  int64_t base = offset - within + log.starts[index];
  while (base < log.end) {
    const PrebuiltBatch &batch = log.batches[index];
    if (size > 0 && size + batch.bytes.size() > limit) break;
    answer.inserts.push_back({answer.head.bytes.size(), &batch, base});
    size += batch.bytes.size();
    base += batch.records;
    index = (index + 1) % log.batches.size();
  }
  answer.head.patch32(lengthAt, static_cast<int32_t>(size));
  answer.inserted += size;
}

bool sendFetch(int socket, FetchAnswer &answer) {
  answer.head.patch32(0, static_cast<int32_t>(answer.head.bytes.size() + answer.inserted) - 4);
  std::vector<std::vector<uint8_t>> bases;
  bases.reserve(answer.inserts.size());
  std::vector<iovec> parts;
  size_t from = 0;
  for (const auto &insert : answer.inserts) {
    if (insert.at > from) parts.push_back({&answer.head.bytes[from], insert.at - from});
    from = insert.at;
    wire::Writer base;
    base.i64(insert.base);
    bases.push_back(std::move(base.bytes));
    parts.push_back({bases.back().data(), 8});
    auto *bytes = const_cast<uint8_t *>(insert.batch->bytes.data());
    parts.push_back({bytes + 8, insert.batch->bytes.size() - 8});
  }
  if (answer.head.bytes.size() > from)
    parts.push_back({&answer.head.bytes[from], answer.head.bytes.size() - from});
  return writeAll(socket, parts);
}

bool fetch(const Server &server, int socket, int32_t correlation, wire::Reader request) {
  request.i32();
  int32_t wait = request.i32();
  request.i32();
  auto total = static_cast<size_t>(std::max(request.i32(), 0));
  request.i8();
  FetchAnswer answer{begin(correlation), {}, 0};
  answer.head.i32(0);  // no throttling
  int32_t topics = request.i32();
  answer.head.i32(topics);
  for (int32_t t = 0; t < topics && !request.broken; t++) {
    answer.head.text(request.text());
    int32_t partitions = request.i32();
    answer.head.i32(partitions);
    for (int32_t p = 0; p < partitions && !request.broken; p++) {
      int32_t number = request.i32();
      int64_t offset = request.i64();
      auto limit = static_cast<size_t>(std::max(request.i32(), 0));
      bool known = number >= 0 && static_cast<size_t>(number) < server.logs.size();
      int64_t end = known ? server.logs[number].end : -1;
      bool inRange = known && offset >= 0 && offset <= end;
      answer.head.i32(number);
      answer.head.i16(!known ? 3 : inRange ? 0 : 1);
      answer.head.i64(end);
      answer.head.i64(end);
      answer.head.i32(-1);  // nothing aborted
      if (!inRange || offset == end || answer.inserted >= total)
        answer.head.i32(0);
      else
        addBatches(answer, server.logs[number], offset, std::min(limit, total - answer.inserted));
    }
  }
  if (answer.inserted == 0) usleep(static_cast<useconds_t>(std::clamp(wait, 0, 100)) * 1000);
  return sendFetch(socket, answer);
}

void serve(const Server &server, int socket) {
  std::vector<uint8_t> body;
  uint8_t head[4];
  bool alive = true;
  while (alive && readAll(socket, head, 4)) {
    auto size = static_cast<size_t>(wire::Reader(head, 4).i32());
    if (size > 16u << 20) break;
    body.resize(size);
    if (!readAll(socket, body.data(), size)) break;
    wire::Reader request(body.data(), size);
    int16_t api = request.i16();
    int16_t version = request.i16();
    int32_t correlation = request.i32();
    request.text();  // client
    if (request.broken) break;
    switch (api) {
      case Versions: alive = versions(socket, correlation, version); break;
      case Metadata: alive = metadata(server, socket, correlation); break;
      case ListOffsets: alive = listOffsets(server, socket, correlation, request); break;
      case Fetch: alive = fetch(server, socket, correlation, request); break;
      case Coordinator: alive = coordinator(socket, correlation); break;
      default: alive = false;
    }
  }
  close(socket);
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 5) {
    std::fprintf(stderr, "usage: FetchServer PORT TOPIC PARTITIONS FILE [REPEATS] [RECORDS]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  Server server;
  server.topic = arguments[2];
  int partitions = std::max(std::atoi(arguments[3]), 1);
  int64_t repeats = count > 5 ? std::max(std::atoll(arguments[5]), 1LL) : 1;
  int records = count > 6 ? std::max(std::atoi(arguments[6]), 1) : 1000;
  server.logs = loadLogs(arguments[4], partitions, records, repeats);

  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(arguments[1])));
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
      listen(listener, 64) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size) != 0) {
    std::perror("FetchServer");
    return 1;
  }
  server.port = ntohs(address.sin_port);
  std::printf("ready 127.0.0.1:%d\n", server.port);
  std::fflush(stdout);
  while (true) {
    int client = accept(listener, nullptr, nullptr);
    if (client < 0) return 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::thread([&server, client] { serve(server, client); }).detach();
  }
}
