// Laws of a front: whatever a few clients say, in whatever pieces, and whenever they leave, every
// whole request gets its one reply, in order; nothing follows one that closes; who has left is gone
// and holds no memory. The loop is driven from here, and the clock is this program's own, so that
// the same input does the same.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "certs/authority.h"
#include "test/fuzz/expected.h"
#include "test/fuzz/wire_client.h"
#include "webhook/loop.h"
#include "webhook/tls.h"

using namespace stateward;
using namespace std::chrono_literals;

namespace {

std::atomic<std::chrono::steady_clock::rep> passed = 1'000'000'000;  // ns

void pass(std::chrono::nanoseconds time) { passed += time.count(); }

unsigned accepts_to_fail = 0;  // calls of accept4()

}  // namespace

// Instead of the libraries'.
extern "C" int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  if (accepts_to_fail == 0)
    return static_cast<int>(::syscall(SYS_accept4, listener, address, size, flags));
  --accepts_to_fail;
  errno = ENFILE;
  return -1;
}
namespace std::chrono {
inline namespace _V2 {
steady_clock::time_point steady_clock::now() noexcept {
  return time_point(duration(passed.load()));
}
}  // namespace _V2
}  // namespace std::chrono

namespace {

// What the dispatch does beside answering.
struct World {
  bool draining = false;
  bool has_thrown = false;
  std::atomic<bool> lane_is_open = false;
  const std::thread::id here = std::this_thread::get_id();

  Outcome answer(const HttpRequest& request) {
    HttpReply reply = reply_to(request);
    if (std::this_thread::get_id() != here) {
      lane_is_open.wait(false);
    } else if (request.path.starts_with("/throw")) {
      has_thrown = true;
      throw std::bad_alloc();
    }
    if (request.path.starts_with("/slow")) pass(600ms);
    if (request.path.starts_with("/rendered")) return RenderedReply{written(reply, false)};
    if (!request.path.starts_with("/later")) return reply;
    return LaterReply([reply, left = std::min<std::size_t>(
                                  request.path.size(), 20)]() mutable -> std::optional<HttpReply> {
      if (left-- > 6) return std::nullopt;
      return reply;
    });
  }
};

// A front of one loop that listens at a socket without a name.
class Ground {
 public:
  explicit Ground(SSL_CTX* context)
      : shared_(options(), context,
                {.refuse = refusal_of,
                 .reply = [this](const HttpRequest& request) { return world.answer(request); },
                 .draining = [this] { return world.draining; }}) {
    const int listener = ::socket(AF_UNIX, kSocket, 0);
    address_.sun_family = AF_UNIX;
    size_ = sizeof(sa_family_t);  // the system chooses
    LAW(::bind(listener, reinterpret_cast<sockaddr*>(&address_), size_) == 0);
    size_ = sizeof(address_);
    LAW(::getsockname(listener, reinterpret_cast<sockaddr*>(&address_), &size_) == 0);
    LAW(::listen(listener, 16) == 0);
    shared_.loops.push_back(std::make_unique<Loop>(shared_, listener));
  }

  // A new connection, through the listener; or beside it, of which the system keeps few bytes.
  int connect(bool narrow) {
    std::array<int, 2> ends{};
    if (narrow) {
      LAW(::socketpair(AF_UNIX, kSocket, 0, ends.data()) == 0);
      const int least = 1;
      ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
      shared_.loops.front()->adopt(ends[1]);
    } else {
      ends[0] = ::socket(AF_UNIX, kSocket, 0);
      LAW(::connect(ends[0], reinterpret_cast<sockaddr*>(&address_), size_) == 0);
    }
    return ends[0];
  }

  void turn(int milliseconds = 0) {
    shared_.loops.front()->turn(milliseconds);
    std::int64_t all = 0;
    for (const auto& count : shared_.traffic.connections) {
      LAW(count >= 0);
      all += count;
    }
    LAW(static_cast<std::size_t>(all) == shared_.connections);
    const bool nothing_under_way =
        all == in(Phase::handshake) + in(Phase::idle) + in(Phase::lingering);
    LAW(!nothing_under_way || bytes_in_flight() == 0);
  }
  // Until none is being judged.
  void let_judge() {
    if (in(Phase::judging) == 0) return;
    world.lane_is_open = true;
    world.lane_is_open.notify_all();
    for (int i = 0; in(Phase::judging) > 0; ++i) {
      LAW(i < 100'000);
      turn(100);
    }
    world.lane_is_open = false;
  }
  std::int64_t in(Phase phase) const {
    return shared_.traffic.connections[static_cast<std::size_t>(phase)];
  }
  std::size_t connections() const { return shared_.connections; }
  std::size_t bytes_in_flight() const { return shared_.small.taken() + shared_.large.taken(); }
  // How many were sent away.
  std::uint64_t disturbed() const {
    std::uint64_t all = 0;
    for (const auto& count : shared_.traffic.timeouts) all += count;
    for (const auto& count : shared_.traffic.shed) all += count;
    return all;
  }
  void stop(bool now) { shared_.stopping = now; }

  World world;

 private:
  static constexpr int kSocket = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

  static FrontOptions options() {
    return {.largest_body = kLargestBody,
            .connections = 3,
            .small_bytes = std::size_t{48} << 10,
            .large_bytes = std::size_t{300} << 10};
  }

  sockaddr_un address_{};
  socklen_t size_ = 0;
  FrontShared shared_;
};

struct Tls {
  ServingIdentity identity;
  ServingIdentity choosy;  // asks for a certificate
  SSL_CTX* server = SSL_CTX_new(TLS_server_method());
  SSL_CTX* choosy_server = SSL_CTX_new(TLS_server_method());
  SSL_CTX* client = SSL_CTX_new(TLS_client_method());
  SSL_CTX* known_client = SSL_CTX_new(TLS_client_method());

  Tls() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::vector<std::string> names = {"localhost"};
    const Identity shown = issue(make_authority(now).value(), names, now).value();
    LAW(identity.replace(shown));
    LAW(choosy.replace(shown));
    set_up(*server, identity);
    set_up(*choosy_server, choosy);
    show_certificate();
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX_set_mode(client, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_mode(known_client, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }

 private:
  // As Front::start() does it.
  static void set_up(SSL_CTX& context, ServingIdentity& identity) {
    LAW(set_up_tls(context, identity));
    SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                   SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(&context, 1);
  }

  // One that signs itself, and is believed.
  void show_certificate() {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const made = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 24 * 60 * 60);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>("client"), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_set_pubkey(made, key);
    LAW(X509_sign(made, key, EVP_sha256()) != 0);
    LAW(choosy.require_clients(to_pem(*made).value(), "client"));
    LAW(SSL_CTX_use_certificate(known_client, made) == 1);
    LAW(SSL_CTX_use_PrivateKey(known_client, key) == 1);
  }
};

// One request, `number` of which is its own.
std::string request(unsigned kind, std::size_t number, std::size_t size) {
  static constexpr std::array<const char*, 8> kPaths = {
      "/review", "/later", "/laterlater", "/rendered", "/big", "/slow", "/throw", "/refuse"};
  const bool large = (kind & 8U) != 0 && size >= 128;
  const std::size_t body = large ? 140'000 + 100 * size : size;
  std::string all =
      fmt::format("{} {}/{}?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n",
                  (kind & 0x70U) == 0x70 ? "PUT" : "POST", kPaths[kind % 8], number, body);
  if ((kind & 0x30U) == 0x10) all += "Connection: close\r\n";
  if ((kind & 0x30U) == 0x20) all += "Expect: 100-continue\r\n";
  if ((kind & 0x80U) != 0) all += "X: " + std::string(20 * size, 'x') + "\r\n";
  return all + "\r\n" + std::string(body, static_cast<char>('a' + number % 26));
}

class Play {
 public:
  Play(Ground& ground, SSL_CTX* context, bool narrow, bool readable)
      : ground_(ground),
        context_(context),
        narrow_(narrow),
        readable_(readable),
        before_(ground.disturbed()) {}

  void act(unsigned act, unsigned who, std::string_view& input) {
    while (clients_.size() <= who) clients_.emplace_back(ground_.connect(narrow_), context_);
    WireClient& client = clients_[who];
    switch (act) {
      case 0: {
        const std::string_view text = input.substr(0, byte(input));
        input.remove_prefix(text.size());
        return client.say(text);
      }
      case 1: {
        const unsigned kind = byte(input);
        return client.say(request(kind, ++requests_, byte(input)));
      }
      case 2:
        client.deliver(1 + byte(input));
        return ground_.turn();
      case 3:
        client.deliver(SIZE_MAX);
        return ground_.turn();
      case 4:
        client.hear();
        return ground_.turn();
      case 5:
        broken_off_ = broken_off_ || client.has_queued();
        return client.end_writing();
      case 6:
        broken_off_ = true;
        return client.close();
      case 7: {
        const unsigned time = byte(input);
        pass(std::chrono::milliseconds(time * time));
        return ground_.turn();
      }
      case 8:
        return ground_.let_judge();
      case 9:
        broken_off_ = client.corrupt(byte(input)) || broken_off_;
        return;
      case 10:
        broken_off_ = true;  // OpenSSL's client does not live through a refusal
        return client.renew_keys();
      case 11:
        may_close_ = ground_.world.draining = true;
        return;
      case 12:
        accept_all();
        may_close_ = stopped_ = true;
        return ground_.stop(true);
      case 13:
        accepts_to_fail = stopped_ ? 0 : byte(input) % 4;
        return;
      default:
        return ground_.turn();
    }
  }

  // All is delivered, and heard.
  void finish() {
    accept_all();
    for (int quiet = 0; quiet < 3; ++quiet) {
      for (WireClient& client : clients_) {
        while (client.deliver(SIZE_MAX)) quiet = 0;
      }
      ground_.let_judge();
      pass(5ms);
      ground_.turn();
      for (WireClient& client : clients_) {
        while (client.hear()) quiet = 0;
      }
      if (ground_.in(Phase::parked) > 0) quiet = 0;
    }
    const bool disturbed =
        broken_off_ || ground_.world.has_thrown || ground_.disturbed() != before_;
    for (WireClient& client : clients_) {
      if (!readable_) continue;
      const Standing standing =
          standing_after(client.said(), client.heard(), {may_close_, disturbed});
      LAW(disturbed || standing != Standing::waits);
      LAW(disturbed || client.heard_the_end() ||
          (standing != Standing::closed && !client.has_ended()));
    }
  }

  // Nobody is left.
  void leave() {
    for (WireClient& client : clients_) client.close();
    for (int i = 0; ground_.connections() > 0 || i == 0; ++i) {
      LAW(i < 100);
      ground_.let_judge();
      pass(5ms);
      ground_.turn();
    }
    LAW(ground_.bytes_in_flight() == 0);
    ground_.world.draining = ground_.world.has_thrown = false;
    ground_.stop(false);
  }

 private:
  void accept_all() {
    accepts_to_fail = 0;
    pass(100ms);  // then it is tried again
    ground_.turn();
    ground_.turn();
  }

  static unsigned byte(std::string_view& input) {
    if (input.empty()) return 0;
    const auto first = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    return first;
  }

  Ground& ground_;
  SSL_CTX* context_;
  bool narrow_;
  bool readable_;
  std::uint64_t before_;
  std::deque<WireClient> clients_;
  std::size_t requests_ = 0;
  bool may_close_ = false;
  bool stopped_ = false;
  bool broken_off_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static Tls* const tls = new Tls;
  static Ground* const plain = new Ground(nullptr);
  static Ground* const secret = new Ground(tls->server);
  static Ground* const choosy = new Ground(tls->choosy_server);
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (input.empty()) return 0;
  const auto way = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  // Mostly plain; TLS whose clients are asked for a certificate, and have one or have none; TLS 1.3
  // and 1.2; what is no TLS where it should be.
  enum : unsigned { known = 11, unknown, newest, older, no_tls };
  const unsigned kind = way % 16U;
  Ground& ground = kind < known ? *plain : kind <= unknown ? *choosy : *secret;
  SSL_CTX* const speaks = kind == known                    ? tls->known_client
                          : kind > known && kind != no_tls ? tls->client
                                                           : nullptr;
  if (speaks != nullptr)
    SSL_CTX_set_max_proto_version(speaks, kind == older ? TLS1_2_VERSION : TLS1_3_VERSION);
  Play play(ground, speaks, way / 16U % 2U == 1, kind != no_tls && kind != unknown);
  for (int acts = 0; !input.empty() && acts < 64; ++acts) {
    const auto act = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    play.act(act % 16U, act / 16U % 4U, input);
  }
  play.finish();
  play.leave();
  return 0;
}
