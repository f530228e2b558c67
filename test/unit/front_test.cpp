// The front under hands that mean no good, over real sockets: who dawdles in any phase, who sends
// too much, too many at once, and what becomes of the others meanwhile.

#include "webhook/front.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "test/unit/gate.h"
#include "webhook/framing.h"

using namespace stateward;
using namespace std::chrono_literals;

namespace {

std::atomic<int> accept_error = 0;     // of the next
std::atomic<int> accepts_to_fail = 0;  // calls of accept4()

}  // namespace

// Instead of the C library's, or of a sanitizer's that must know of sockets: the next one's.
extern "C" int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  static const auto next = reinterpret_cast<decltype(&accept4)>(::dlsym(RTLD_NEXT, "accept4"));
  if (accepts_to_fail == 0) return next(listener, address, size, flags);
  --accepts_to_fail;
  errno = accept_error;
  return -1;
}

namespace {

// A plain connection that says what a test wants, and hears what comes.
class Caller {
 public:
  explicit Caller(const Endpoint& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    ::inet_pton(AF_INET, server.host.c_str(), &address.sin_addr);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { ::close(socket_); }

  int socket() const { return socket_; }
  // False where the other side has gone.
  bool say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_saying() { ::shutdown(socket_, SHUT_WR); }
  // One reply: its head, and as much of a body as that announces.
  std::string hear() {
    while (!whole()) {
      if (!hear_more()) break;
    }
    const std::size_t size = std::min(reply_size(), heard_.size());
    std::string reply = heard_.substr(0, size);
    heard_.erase(0, size);
    return reply;
  }
  // All that comes until the server closes; "(reset)" behind it where the connection was reset.
  std::string hear_out() {
    while (hear_more()) {
    }
    return std::exchange(heard_, "") + (reset_ ? "(reset)" : "");
  }
  bool hears_nothing_for(std::chrono::milliseconds time) const {
    pollfd waits{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&waits, 1, static_cast<int>(time.count())) == 0;
  }

 private:
  bool hear_more() {
    char buffer[16384];
    const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (got < 0) reset_ = true;
    if (got > 0) heard_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }
  std::size_t reply_size() const {
    const std::size_t end = heard_.find("\r\n\r\n");
    const std::size_t length = heard_.find("Content-Length: ");
    if (end == std::string::npos) return SIZE_MAX;
    return end + 4 + (length < end ? std::stoul(heard_.substr(length + 16)) : 0);
  }
  bool whole() const { return heard_.size() >= reply_size(); }

  int socket_;
  std::string heard_;
  bool reset_ = false;
};

std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), more, body);
}

std::uint32_t segments_with_data(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  REQUIRE(::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  return info.tcpi_data_segs_in;
}

// The descriptor at the other end, which is this process's own too.
int other_end(int socket) {
  const auto port = [](auto* name, int of) -> in_port_t {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    const bool known = name(of, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    return known && address.sin_family == AF_INET ? address.sin_port : in_port_t{0};
  };
  for (int other = 0; other < 1024; ++other) {
    if (port(::getpeername, other) == port(::getsockname, socket)) return other;
  }
  return -1;
}

std::string announced(std::size_t body) {
  return fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body);
}

// A front without TLS. /echo says the length of the body and its first byte; /gate waits at the
// gate before it does, /slow for 100 ms; /later answers when told to; /huge answers with 8 MiB;
// /fails fails, and so does /fails-later, later.
class Running {
 public:
  explicit Running(FrontOptions options = {}) {
    if (options.largest_body == 0) options.largest_body = std::size_t{8} << 20;
    front_ = Front::start({"127.0.0.1"}, nullptr,
                          {.refuse = [](const HttpRequest& head) -> std::optional<HttpReply> {
                             if (head.path != "/refused") return std::nullopt;
                             return HttpReply{.status = 404, .body = "no such path\n"};
                           },
                           .reply = [this](const HttpRequest& r) { return reply(r); },
                           .draining = [this] { return draining.load(); }},
                          options)
                 .value();
  }
  const Endpoint& endpoint() const { return front_->endpoint(); }
  Front& front() { return *front_; }
  std::uint64_t shed(Shed why) const {
    return front_->traffic().shed[static_cast<std::size_t>(why)];
  }
  std::uint64_t timeouts(Phase phase) const {
    return front_->traffic().timeouts[static_cast<std::size_t>(phase)];
  }
  std::int64_t in(Phase phase) const {
    return front_->traffic().connections[static_cast<std::size_t>(phase)];
  }
  void await(Phase phase, std::int64_t connections) const {
    while (in(phase) != connections) std::this_thread::yield();
  }
  bool is_live() {
    Caller caller(endpoint());
    return caller.say(post("/echo", "x")) && caller.hear().starts_with("HTTP/1.1 200 ");
  }

  Gate gate;
  std::atomic<bool> draining = false;
  std::atomic<bool> now = false;  // /later may answer
  std::atomic<int> judged = 0;

 private:
  Outcome reply(const HttpRequest& request) {
    ++judged;
    if (request.path == "/gate") gate.pass();
    if (request.path == "/slow") std::this_thread::sleep_for(100ms);
    if (request.path == "/later")
      return LaterReply([this]() -> std::optional<HttpReply> {
        if (!now) return std::nullopt;
        return HttpReply{.body = "at last\n"};
      });
    if (request.path == "/fails") throw std::bad_alloc();
    if (request.path == "/fails-later")
      return LaterReply([]() -> std::optional<HttpReply> { throw std::bad_alloc(); });
    if (request.path == "/huge") return HttpReply{.body = std::string(std::size_t{8} << 20, 'h')};
    return HttpReply{.body =
                         fmt::format("{} {}\n", request.body.size(), request.body.substr(0, 1))};
  }

  std::unique_ptr<Front> front_;
};

}  // namespace

TEST_CASE("a request is answered however it is cut into pieces") {
  Running running;
  const std::string request = post("/echo", "hello");
  Caller caller(running.endpoint());
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    caller.say(request.substr(0, cut));
    running.await(cut < request.size() - 5 ? Phase::head : Phase::body, 1);
    caller.say(request.substr(cut));
    CHECK(caller.hear().ends_with("\r\n\r\n5 h\n"));
  }
  for (const char byte : request) caller.say({&byte, 1});
  CHECK(caller.hear().ends_with("\r\n\r\n5 h\n"));
}

TEST_CASE("requests that come together are answered one after the other, in their order") {
  Running running;
  Caller caller(running.endpoint());
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += post("/echo", std::string(static_cast<std::size_t>(1 + i % 50), 'a'));
  requests += post("/echo", std::string(300'000, 'b')) + post("/echo", "c");
  std::thread saying([&] { caller.say(requests); });
  for (int i = 0; i < 500; ++i) CHECK(caller.hear().ends_with(fmt::format("\n{} a\n", 1 + i % 50)));
  CHECK(caller.hear().ends_with("\n300000 b\n"));
  CHECK(caller.hear().ends_with("\n1 c\n"));
  saying.join();
}

TEST_CASE("bodies of every size are read whole, up to the largest, and one byte more is 413") {
  Running running;
  for (const std::size_t size :
       {0UL, 1UL, 16'384UL, 65'536UL, 131'072UL, 131'073UL, 1'000'000UL, std::size_t{8} << 20}) {
    CAPTURE(size);
    Caller caller(running.endpoint());
    caller.say(post("/echo", std::string(size, 'x')));
    CHECK(caller.hear().find(fmt::format("\r\n\r\n{} ", size)) != std::string::npos);
  }
  Caller caller(running.endpoint());
  caller.say(announced((std::size_t{8} << 20) + 1));
  CHECK(caller.hear_out().starts_with("HTTP/1.1 413 "));
  running.await(Phase::lingering, 0);
  CHECK(running.front().bytes_in_flight() == 0);
}

TEST_CASE("who asks whether to go on is told so before the body, or refused") {
  Running running;
  Caller caller(running.endpoint());
  caller.say("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(caller.hear() == "HTTP/1.1 100 Continue\r\n\r\n");
  caller.say("hi");
  CHECK(caller.hear().ends_with("\r\n\r\n2 h\n"));
  Caller refused(running.endpoint());
  refused.say(
      "POST /refused HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(refused.hear_out().starts_with("HTTP/1.1 404 "));
}

TEST_CASE("a refused request hears why although its body is on the way, and is not reset") {
  Running running;
  Caller refused(running.endpoint());
  std::thread sending([&] {
    refused.say(post("/refused", std::string(std::size_t{4} << 20, 'x')));
    refused.end_saying();
  });
  const std::string heard = refused.hear_out();
  sending.join();
  CHECK(heard.starts_with("HTTP/1.1 404 "));
  CHECK(heard.find("Connection: close\r\n") != std::string::npos);
  CHECK(heard.ends_with("no such path\n"));
}

TEST_CASE("what is no HTTP gets one reply, without a word of it, and the end") {
  Running running;
  for (const std::string& rubbish :
       {std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string("canary\r\n\r\n"),
        "GET /canary HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
            post("/echo", "smuggled")}) {
    Caller caller(running.endpoint());
    caller.say(rubbish);
    const std::string heard = caller.hear_out();
    CHECK(heard.starts_with("HTTP/1.1 400 "));
    CHECK(heard.find("HTTP/1.1 ", 1) == std::string::npos);
    CHECK(heard.find("canary") == std::string::npos);
  }
  CHECK(running.judged == 0);
  CHECK(running.front().traffic().malformed == 3);
}

TEST_CASE("who dawdles in a phase is gone when its time is over, however busy it looks") {
  Running running({.handshake = 100ms,
                   .head = 150ms,
                   .body = 150ms,
                   .writing = 150ms,
                   .idle = 300ms,
                   .lingering = 100ms});
  Caller head(running.endpoint());
  Caller body(running.endpoint());
  Caller idle(running.endpoint());
  CHECK(idle.say(post("/echo", "x")));
  CHECK(idle.hear().starts_with("HTTP/1.1 200 "));
  CHECK(head.say("POST /echo HTT"));
  CHECK(body.say(announced(100'000)));
  std::atomic<bool> over = false;
  std::thread dripping([&] {
    while (!over) {
      static_cast<void>(head.say("P"));
      static_cast<void>(body.say("x"));
      std::this_thread::sleep_for(10ms);
    }
  });
  for (Caller* caller : {&head, &body, &idle}) {
    const std::string heard = caller->hear_out();
    CHECK((heard.empty() || heard == "(reset)"));
  }
  over = true;
  dripping.join();
  CHECK(running.timeouts(Phase::head) == 1);
  CHECK(running.timeouts(Phase::body) == 1);
  CHECK(running.timeouts(Phase::idle) == 1);
  CHECK(running.is_live());
}

TEST_CASE("who does not take the reply is gone, and held up nobody") {
  Running running({.writing = 300ms});
  Caller slow(running.endpoint());
  const int small = 4096;
  ::setsockopt(slow.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  slow.say(post("/huge", ""));
  running.await(Phase::writing, 1);
  CHECK(running.is_live());
  while (running.timeouts(Phase::writing) == 0) std::this_thread::yield();
  Running patient_one;
  Caller patient(patient_one.endpoint());
  patient.say(post("/huge", ""));
  CHECK(patient.hear().size() > (std::size_t{8} << 20));
}

TEST_CASE("a large request is judged beside the others, which go on") {
  Running running;
  Caller large(running.endpoint());
  large.say(post("/gate", std::string(200'000, 'x')));
  running.gate.await_visitor();
  for (int i = 0; i < 20; ++i) CHECK(running.is_live());
  CHECK(running.front().bytes_in_flight() >= 200'000);
  CHECK(large.say(post("/echo", "next")));
  running.gate.open();
  CHECK(large.hear().ends_with("\n200000 x\n"));
  CHECK(large.hear().ends_with("\n4 n\n"));
  while (running.front().bytes_in_flight() > 0) std::this_thread::yield();
}

TEST_CASE("nothing that a large request needed is kept for the next one") {
  Running running;
  Caller caller(running.endpoint());
  caller.say(post("/gate", std::string(std::size_t{4} << 20, 'l')));
  running.gate.await_visitor();
  caller.say("POST /echo HT");
  running.gate.open();
  CHECK(caller.hear().ends_with("\n4194304 l\n"));
  running.await(Phase::head, 1);
  CHECK(running.front().bytes_in_flight() < 1024);
}

TEST_CASE("a request that there is no memory for ends its own connection only") {
  Running running;
  Caller beside(running.endpoint());
  for (const std::string& request : {post("/fails", "x"), post("/fails-later", "x")}) {
    Caller caller(running.endpoint());
    caller.say(request);
    CHECK(caller.hear_out().empty());
  }
  Caller caller(running.endpoint());
  caller.say(post("/fails", std::string(std::size_t{1} << 20, 'l')));
  CHECK(caller.hear().starts_with("HTTP/1.1 500 "));
  beside.say(post("/echo", "x"));
  CHECK(beside.hear().ends_with("\n1 x\n"));
  CHECK(running.front().bytes_in_flight() == 0);
}

TEST_CASE("a large request that is never answered is seen from outside, while the others go on") {
  Running running;
  Caller large(running.endpoint());
  large.say(post("/gate", std::string(std::size_t{1} << 20, 'x')));
  running.gate.await_visitor();
  // A loop looks around every second, however little there is to do.
  const auto hung = [&] { return running.front().silence() > 3s; };
  for (int i = 0; i < 1000 && !hung(); ++i) {
    CHECK(running.is_live());
    std::this_thread::sleep_for(10ms);
  }
  CHECK(hung());
  running.gate.open();
  CHECK(large.hear().starts_with("HTTP/1.1 200 "));
  CHECK(running.is_live());
  CHECK_FALSE(hung());
}

TEST_CASE("a parked request holds nobody up, and is answered when it can be") {
  Running running;
  std::vector<std::unique_ptr<Caller>> parked;
  for (int i = 0; i < 50; ++i) {
    parked.push_back(std::make_unique<Caller>(running.endpoint()));
    parked.back()->say(post("/later", "x"));
  }
  running.await(Phase::parked, 50);
  CHECK(running.is_live());
  parked.front()->say(post("/echo", "next"));
  running.now = true;
  for (const auto& caller : parked) CHECK(caller->hear().ends_with("\r\n\r\nat last\n"));
  CHECK(parked.front()->hear().ends_with("\n4 n\n"));
}

TEST_CASE("large bodies are let in as far as there is memory, and the others come again") {
  Running running({.large_bytes = std::size_t{2} << 20});
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 2; ++i) {
    callers.push_back(std::make_unique<Caller>(running.endpoint()));
    callers.back()->say(announced(1'000'000));
  }
  running.await(Phase::body, 2);
  Caller third(running.endpoint());
  third.say(post("/echo", std::string(1'000'000, 'x')));
  third.end_saying();
  const std::string heard = third.hear_out();
  CHECK(heard.starts_with("HTTP/1.1 503 "));
  CHECK(heard.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(heard.find("Connection: close\r\n") != std::string::npos);
  CHECK_FALSE(heard.ends_with("(reset)"));
  CHECK(running.shed(Shed::bytes) == 1);
  CHECK(running.is_live());  // small ones have their own
  callers.front()->say(std::string(1'000'000, 'y'));
  CHECK(callers.front()->hear().ends_with("\n1000000 y\n"));
  Caller fourth(running.endpoint());
  fourth.say(post("/echo", std::string(1'000'000, 'z')));
  CHECK(fourth.hear().ends_with("\n1000000 z\n"));
}

TEST_CASE("small bodies that never come whole take no more than their budget") {
  Running running({.small_bytes = std::size_t{1} << 20});
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 30; ++i) {
    callers.push_back(std::make_unique<Caller>(running.endpoint()));
    callers.back()->say(announced(100'000) + std::string(60'000, 'x'));
  }
  while (running.shed(Shed::bytes) == 0) std::this_thread::yield();
  CHECK(running.front().bytes_in_flight() <= std::size_t{1} << 20);
  CHECK(running.is_live());  // what comes whole takes none of it
}

TEST_CASE("what there is no memory for behind a request does not get into its reply") {
  Running running({.small_bytes = 1000});
  Caller caller(running.endpoint());
  caller.say(post("/huge", "") + post("/echo", std::string(30'000, 'x')));
  while (running.shed(Shed::bytes) == 0) std::this_thread::yield();
  const std::string heard = caller.hear();
  CHECK(heard.size() > (std::size_t{8} << 20));
  CHECK(heard.find("503 Service") == std::string::npos);
  CHECK(caller.hear_out().empty());
  CHECK(running.judged == 1);
}

TEST_CASE("where there are as many as there may be, the next one is refused at once") {
  Running running({.connections = 20});
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 20; ++i) {
    callers.push_back(std::make_unique<Caller>(running.endpoint()));
    callers.back()->say(post("/echo", "x"));
    CHECK(callers.back()->hear().starts_with("HTTP/1.1 200 "));
  }
  Caller refused(running.endpoint());
  CHECK(refused.hear_out() == "(reset)");
  CHECK(running.shed(Shed::connections) == 1);
  for (const auto& caller : callers) {
    caller->say(post("/echo", "x"));
    CHECK(caller->hear().starts_with("HTTP/1.1 200 "));
  }
  callers.pop_back();
  running.await(Phase::idle, 19);
  CHECK(running.is_live());
}

TEST_CASE("who has been slow for long makes room for who comes") {
  Running running({.connections = 10});
  std::vector<std::unique_ptr<Caller>> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(std::make_unique<Caller>(running.endpoint()));
    slow.back()->say("POST /echo HTTP/1.1\r\n");
  }
  running.await(Phase::head, 10);
  std::this_thread::sleep_for(1100ms);
  CHECK(running.is_live());
  CHECK(running.shed(Shed::evicted) == 1);
  CHECK(running.shed(Shed::connections) == 0);
}

TEST_CASE("a request that waited too long is told to come again, and not judged") {
  Running running({.most_lag = 50ms});
  Caller holds(running.endpoint());
  Caller slow(running.endpoint());
  Caller late(running.endpoint());
  running.await(Phase::idle, 3);
  holds.say(post("/gate", "x"));
  running.gate.await_visitor();
  // Both are ready when the loop looks again, and it comes to the slow one first.
  slow.say(post("/slow", "x"));
  late.say(post("/echo", "x"));
  running.gate.open();
  CHECK(slow.hear().starts_with("HTTP/1.1 200 "));
  const std::string heard = late.hear_out();
  CHECK(heard.starts_with("HTTP/1.1 503 "));
  CHECK(heard.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(running.judged == 2);
  CHECK(running.shed(Shed::lag) == 1);
}

TEST_CASE("who has said all hears the reply, and who leaves is forgotten") {
  Running running;
  Caller caller(running.endpoint());
  caller.say(post("/echo", "x"));
  caller.end_saying();
  CHECK(caller.hear_out().ends_with("\r\n\r\n1 x\n"));
  for (int i = 0; i < 50; ++i) {
    Caller leaver(running.endpoint());
    leaver.say(announced(100'000) + "x");
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(leaver.socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  for (const Phase phase :
       {Phase::handshake, Phase::idle, Phase::head, Phase::body, Phase::lingering})
    running.await(phase, 0);
  CHECK(running.front().bytes_in_flight() == 0);
}

TEST_CASE("a client that wants no more, and a server that is about to go, end the connection") {
  Running running;
  Caller caller(running.endpoint());
  caller.say(post("/echo", "x", "Connection: close\r\n"));
  CHECK(caller.hear_out().ends_with("\r\n\r\n1 x\n"));
  running.draining = true;
  Caller last(running.endpoint());
  last.say(post("/echo", "x"));
  CHECK(last.hear_out().find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("rule 21: a reply is one write, and is not held back for the next") {
  Running running;
  Caller caller(running.endpoint());
  for (std::uint32_t replies = 1; replies <= 10; ++replies) {
    caller.say(post("/echo", "x"));
    CHECK(caller.hear().starts_with("HTTP/1.1 200 "));
    CHECK(segments_with_data(caller.socket()) == replies);
  }
  int at_once = 0;
  socklen_t size = sizeof(at_once);
  ::getsockopt(other_end(caller.socket()), IPPROTO_TCP, TCP_NODELAY, &at_once, &size);
  CHECK(at_once == 1);
}

TEST_CASE("rule 22: running out of descriptors ends nothing") {
  Running running;
  Caller early(running.endpoint());
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  Caller late(running.endpoint());
  const int next = ::dup(0);
  ::close(next);
  std::vector<std::unique_ptr<Caller>> more;
  more.push_back(std::make_unique<Caller>(running.endpoint()));
  running.await(Phase::idle, 3);
  const int lowest = ::dup(0);
  ::close(lowest);
  const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit lower = limit;
  lower.rlim_cur = static_cast<rlim_t>(waiting) + 1;
  ::setrlimit(RLIMIT_NOFILE, &lower);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(running.endpoint().port);
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  CHECK(::connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  while (running.front().traffic().accept_failures == 0) std::this_thread::yield();
  early.say(post("/echo", "x"));
  CHECK(early.hear().starts_with("HTTP/1.1 200 "));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  running.await(Phase::idle, 4);
  ::close(waiting);
  CHECK(running.is_live());
}

TEST_CASE("rule 22: whatever else accepting fails with ends nothing") {
  Running running;
  Caller early(running.endpoint());
  running.await(Phase::idle, 1);
  for (const int error : {ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO, EPERM, EINTR}) {
    CAPTURE(error);
    accept_error = error;
    accepts_to_fail = 2;
    Caller late(running.endpoint());
    early.say(post("/echo", "x"));
    CHECK(early.hear().starts_with("HTTP/1.1 200 "));
    late.say(post("/echo", "x"));
    CHECK(late.hear().starts_with("HTTP/1.1 200 "));
    CHECK(accepts_to_fail == 0);
  }
  CHECK(running.front().traffic().accept_failures == 2 * 5);
}

TEST_CASE("stopping answers what is under way, and who is in the middle of a request") {
  auto running = std::make_unique<Running>();
  Caller judged(running->endpoint());
  judged.say(post("/gate", std::string(200'000, 'x')));
  running->gate.await_visitor();
  Caller half(running->endpoint());
  half.say(announced(5) + "he");
  running->await(Phase::body, 1);
  Caller idle(running->endpoint());
  running->await(Phase::idle, 1);
  std::thread stopping([&] { running->front().stop(); });
  CHECK(idle.hear_out().empty());
  half.say("llo");
  const std::string heard = half.hear_out();
  CHECK(heard.ends_with("\r\n\r\n5 h\n"));
  CHECK(heard.find("Connection: close\r\n") != std::string::npos);
  running->gate.open();
  CHECK(judged.hear_out().ends_with("\n200000 x\n"));
  stopping.join();
}

TEST_CASE("stopping serves who has connected already, although accepting fails at first") {
  Running running;
  Caller judged(running.endpoint());
  judged.say(post("/gate", "x"));  // a small one: it holds the thread that accepts
  running.gate.await_visitor();
  Caller late(running.endpoint());
  late.say(post("/echo", "x"));
  accept_error = ECONNABORTED;
  accepts_to_fail = 1;
  std::thread stopping([&] { running.front().stop(); });
  while (accepts_to_fail > 0) std::this_thread::yield();
  running.gate.open();
  CHECK(late.hear_out().ends_with("\r\n\r\n1 x\n"));
  CHECK(judged.hear_out().ends_with("\r\n\r\n1 x\n"));
  stopping.join();
}
