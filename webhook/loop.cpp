// How a connection lives: all that is decided about it, which is why this file is long. What it
// holds and how long it may stands in webhook/connections.
//
// It belongs to one loop, a thread that asks epoll which of its sockets can go on, and takes each
// of them one step further. No step waits: where a socket has nothing more, the connection stays as
// it is and the next one has its turn. So a thousand idle or dawdling connections cost memory, and
// no time.
//
//   handshake -> idle -> head -> body -> (judging | parked) -> writing -> idle ... -> lingering
//
// Most requests pass all of that in one step: the request lies whole in the socket, is read into
// the loop's own scratch buffer, framed, judged, and its reply is written with one call; the
// connection was idle and is idle. Only what does not come whole gets a buffer of its own, and only
// what cannot be written at once is kept.
//
// Time. Each phase has a limit of its own, counted from its beginning, so that one byte a second
// gains nothing. The connections of a phase stand in a list in the order in which they entered it;
// as all of them have the same limit, only the first can be due. Entering a phase moves the list's
// node, and allocates nothing.
//
// Memory. Small requests (kSmallRequest) take from one budget what has arrived of them; large ones
// take all that their head announces from another, before their body is read, so that those begun
// can be finished. Where a budget is spent, whoever has been slow for longer than a second makes
// room; where nobody has, the newcomer hears 503 with Retry-After, which an API server obeys. What
// has come behind a request whose reply is under way is then thrown away, and that reply the last.
//
// Large requests are judged by the lane, one after the other, beside the loops. Those whose answer
// may change within milliseconds (a claim that the inventory has not heard of) are parked, and
// asked again every few milliseconds. Meanwhile neither is watched: epoll would tell of what they
// send next for ever.
//
// Overload. A loop that is behind finds many requests ready at once. Those that it reaches too late
// (most_lag) are told to come again instead of being judged for nobody: the client's time is over
// soon. So the rate of useful answers stays what it is.
//
// Ends. Whoever closes a socket that still holds unread bytes resets the connection, and the reset
// may overtake the reply. So a connection that we end lingers: nothing more is written, what comes
// is thrown away, until the other side closes or a second has passed.

#include "webhook/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace stateward {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReadAtOnce = std::size_t{16} << 10;  // one record of TLS
constexpr std::size_t kFirstBuffer = std::size_t{1} << 10;
constexpr int kReadsInATurn = 64;
constexpr auto kBetweenQuestions = 5ms;  // to those that are parked
constexpr auto kBetweenLooks = 1000ms;   // where nothing happens

constexpr std::size_t kMostParked = 256;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

HttpRequest request_of(const RequestHead& head, std::string_view bytes,
                       std::chrono::steady_clock::time_point arrived) {
  return {.method = head.method,
          .path = head.path,
          .query = head.query,
          .content_type = head.content_type,
          .body = bytes.substr(head.size, head.body_size),
          .arrived = arrived};
}

}  // namespace

Loop::Loop(FrontShared& shared, int listener)
    : shared_(shared),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      acceptor_(shared, listener, epoll_),
      connections_(shared, epoll_),
      scratch_(kSmallRequest + kLargestHead + kReadAtOnce),
      looked_(Clock::now()) {
  epoll_event bell{.events = EPOLLIN, .data = {.ptr = &mailbox_}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox_.bell(), &bell);
}

Loop::~Loop() { ::close(epoll_); }

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::run() {
  while (!is_over()) turn(patience());
}

void Loop::turn(int milliseconds) {
  std::array<epoll_event, 256> events;
  const int ready =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
  const auto now = Clock::now();
  connections_.begin_round(now);
  looked_ = now;
  for (Connection* again : connections_.remembered()) serve(*again);
  for (int i = 0; i < ready; ++i) {
    void* what = events[static_cast<std::size_t>(i)].data.ptr;
    if (what == &mailbox_) {
      hear_others();
    } else if (what == &acceptor_) {
      acceptor_.accept_all([this](int socket) { place(socket); });
    } else {
      serve(*static_cast<Connection*>(what));
    }
  }
  ask_parked();
  connections_.end_round();
  acceptor_.look_again(now);
}

// How long to wait for an event, in milliseconds: until something is due.
int Loop::patience() const {
  if (connections_.remembers()) return 0;
  const auto now = Clock::now();
  auto due = connections_.due(acceptor_.due(now + kBetweenLooks));
  if (!connections_.in(Phase::parked).empty()) due = std::min(due, next_question_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now).count();
  return static_cast<int>(std::max<long>(left, 0));
}

// ---- coming ----

// To the loop that has the fewest.
void Loop::place(int socket) {
  if (shared_.connections >= shared_.options.connections && !connections_.evict(nullptr)) {
    ++shared_.traffic.shed[static_cast<std::size_t>(Shed::connections)];
    Channel(socket, nullptr).abandon();
    return;
  }
  Loop& least = **std::min_element(shared_.loops.begin(), shared_.loops.end(),
                                   [](const auto& left, const auto& right) {
                                     return left->connections() < right->connections();
                                   });
  if (&least == this) {
    connections_.announce();
    connections_.begin(socket);
  } else {
    least.adopt(socket);
  }
}

void Loop::adopt(int socket) noexcept {
  connections_.announce();
  try {
    mailbox_.bring(socket);
  } catch (...) {
    ::close(socket);
    connections_.withdraw();
  }
}

void Loop::hear_others() {
  auto [sockets, finished] = mailbox_.take();
  for (const int socket : sockets) connections_.begin(socket);
  for (auto& [connection, outcome] : finished) {
    guarded(*connection, [&] {
      connection->wanted = 0;
      connections_.release(*connection);  // nothing follows a large request in its buffer
      if (deliver(*connection, std::move(outcome))) resume(*connection);
    });
  }
}

// ---- serving ----

// What there is no memory for ends the one connection that it was for.
template <typename Step>
void Loop::guarded(Connection& connection, Step step) noexcept {
  try {
    step();
  } catch (...) {
    scratch_.clear();
    connections_.drop(connection);
  }
}

void Loop::serve(Connection& connection) {
  guarded(connection, [&] {
    switch (connection.phase) {
      case Phase::handshake:
        return shake_hands(connection);
      case Phase::idle:
      case Phase::head:
      case Phase::body:
        return read(connection);
      case Phase::writing:
        return go_on_writing(connection);
      case Phase::lingering:
        return linger(connection);
      case Phase::judging:
      case Phase::parked:
      case Phase::gone:
        return;
    }
  });
}

void Loop::shake_hands(Connection& connection) {
  switch (connection.channel.shake_hands()) {
    case Channel::Step::done:
      ++shared_.traffic.handshakes;
      connections_.enter(connection, Phase::idle);
      connections_.watch(connection, EPOLLIN);
      if (connection.channel.holds_more()) read(connection);
      return;
    case Channel::Step::wants_read:
      return connections_.watch(connection, EPOLLIN);
    case Channel::Step::wants_write:
      return connections_.watch(connection, EPOLLOUT);
    case Channel::Step::ended:
      ++shared_.traffic.handshake_failures;
      return connections_.dismiss(connection);
  }
}

// Reads and answers requests until there is nothing more to read, or the connection has left the
// phases of reading.
void Loop::read(Connection& connection) {
  Channel& channel = connection.channel;
  for (int reads = 0;; ++reads) {
    Buffer& had = connection.in.empty() ? scratch_ : connection.in;
    if (!had.empty() && !consume(connection, had)) break;
    const bool begun = !connection.in.empty() || !scratch_.empty();
    if (reads == kReadsInATurn || (reads > 0 && !begun && !channel.holds_more())) break;
    if (!connection.in.empty() && !grow(connection)) break;
    Buffer& in = connection.in.empty() ? scratch_ : connection.in;
    const auto [step, size] = channel.read(in.room());
    if (step == Channel::Step::ended) {
      scratch_.clear();
      return begun ? connections_.drop(connection) : connections_.dismiss(connection);
    }
    if (step != Channel::Step::done) {
      connections_.watch(connection, step == Channel::Step::wants_write ? EPOLLOUT : EPOLLIN);
      break;
    }
    in.added(size);
  }
  keep_rest(connection);
}

// Answers what is whole in `in`, which is the connection's own or the scratch buffer. False: the
// connection does not read any more for now.
bool Loop::consume(Connection& connection, Buffer& in) {
  while (!in.empty() && in.size() >= connection.wanted) {
    const auto found = read_head(in.view());
    if (std::holds_alternative<HeadIsIncomplete>(found)) return true;
    if (const auto* bad = std::get_if<HeadIsBad>(&found)) {
      ++shared_.traffic.malformed;
      return refuse(connection, {.status = bad->status, .body = std::string(bad->why) + "\n"});
    }
    const auto& head = std::get<RequestHead>(found);
    if (connection.wanted == 0 && !first_look(connection, in, head)) return false;
    if (in.size() < connection.wanted) return true;
    if (!answer(connection, in, head)) return false;
  }
  return true;
}

// What the head alone decides.
bool Loop::first_look(Connection& connection, Buffer& in, const RequestHead& head) {
  auto refused =
      shared_.dispatch.refuse(request_of(head, in.view().substr(0, head.size), connections_.now()));
  if (refused) return refuse(connection, std::move(*refused));
  if (head.body_size > shared_.options.largest_body)
    return refuse(connection, {.status = 413, .body = "the body is too large\n"});
  connection.wanted = head.size + head.body_size;
  return in.size() >= connection.wanted || admit(connection, in, head);
}

// Makes room for a body that is still to come.
bool Loop::admit(Connection& connection, Buffer& in, const RequestHead& head) {
  if (connection.wanted > kSmallRequest) {
    connection.share.reset();
    if (!connections_.take(connection, shared_.large, connection.wanted))
      return shed(connection, Shed::bytes);
    Buffer whole(connection.wanted);
    whole.append(in.view());
    in.clear();
    connection.in = std::move(whole);
  }
  if (!head.awaits_continue) return true;
  out_ = kContinue;
  return send(connection);
}

// Room for the next bytes of a small request.
bool Loop::grow(Connection& connection) {
  Buffer& in = connection.in;
  if (!in.room().empty()) return true;
  const std::size_t most = std::max(connection.wanted, kLargestHead);
  const std::size_t capacity = std::clamp(2 * in.capacity(), kFirstBuffer, most);
  if (!connections_.take(connection, shared_.small, capacity)) return shed(connection, Shed::bytes);
  in.reserve(capacity);
  return true;
}

// The scratch buffer is for the next one: what is left in it moves to the connection's own.
void Loop::keep_rest(Connection& connection) {
  if (connection.phase == Phase::lingering || connection.phase == Phase::gone)
    return scratch_.clear();
  if (!scratch_.empty()) {
    if (!connections_.take(connection, shared_.small, scratch_.size())) {
      scratch_.clear();
      shed_rest(connection);
      return;
    }
    connection.in.append(scratch_.view());
    scratch_.clear();
  } else if (connection.in.empty()) {
    connections_.release(connection);
  }
  if (!reads(connection.phase)) return;
  const Phase phase = connection.in.empty()    ? Phase::idle
                      : connection.wanted == 0 ? Phase::head
                                               : Phase::body;
  if (phase != connection.phase) connections_.enter(connection, phase);
  if (connection.channel.holds_more()) connections_.remember(connection);
}

bool Loop::answer(Connection& connection, Buffer& in, const RequestHead& head) {
  if (Clock::now() - connections_.now() > shared_.options.most_lag)
    return shed(connection, Shed::lag);
  connection.closes = head.closes || shared_.stopping || shared_.dispatch.draining();
  if (&in == &connection.in && connection.wanted > kSmallRequest) {
    hand_over(connection);
    return false;
  }
  Outcome outcome = shared_.dispatch.reply(request_of(head, in.view(), connections_.now()));
  in.drop_front(std::exchange(connection.wanted, 0));
  return deliver(connection, std::move(outcome));
}

// False: the connection does not read any more for now.
bool Loop::deliver(Connection& connection, Outcome outcome) {
  if (auto* later = std::get_if<LaterReply>(&outcome)) {
    if (connections_.in(Phase::parked).size() >= kMostParked) return shed(connection, Shed::bytes);
    connection.later = std::move(*later);
    connections_.watch(connection, 0);
    connections_.enter(connection, Phase::parked);
    return false;
  }
  out_.clear();
  if (const auto* reply = std::get_if<HttpReply>(&outcome)) {
    write_reply(*reply, connection.closes, out_);
  } else {
    out_ = std::move(std::get<RenderedReply>(outcome).bytes);
  }
  return send(connection);
}

// Writes out_; what cannot be written now stays with the connection.
bool Loop::send(Connection& connection) {
  std::string_view rest = out_;
  while (!rest.empty()) {
    const auto [step, size] = connection.channel.write(rest);
    rest.remove_prefix(size);
    if (step == Channel::Step::done) continue;
    if (step == Channel::Step::ended) {
      connections_.drop(connection);
    } else {
      connection.out = std::string(rest);
      connections_.enter(connection, Phase::writing);
      connections_.watch(connection, step == Channel::Step::wants_read ? EPOLLIN : EPOLLOUT);
    }
    return false;
  }
  if (connection.closes) {
    connections_.dismiss(connection);
    return false;
  }
  connections_.enter(connection, Phase::idle);
  return true;
}

// What ends the connection, for what stands behind the head would be taken for a request.
bool Loop::refuse(Connection& connection, HttpReply reply) {
  connection.closes = true;
  return deliver(connection, std::move(reply));
}

bool Loop::shed(Connection& connection, Shed why) {
  ++shared_.traffic.shed[static_cast<std::size_t>(why)];
  return refuse(connection, {.status = 503, .body = {}, .again_shortly = true});
}

// What has come behind a request whose reply is under way: that one is the last.
void Loop::shed_rest(Connection& connection) {
  if (reads(connection.phase)) {
    shed(connection, Shed::bytes);
  } else {
    ++shared_.traffic.shed[static_cast<std::size_t>(Shed::bytes)];
    connection.closes = true;
  }
}

void Loop::go_on_writing(Connection& connection) {
  out_ = std::move(connection.out);
  if (send(connection)) resume(connection);
}

// Back to reading, first what is there already.
void Loop::resume(Connection& connection) {
  connections_.watch(connection, EPOLLIN);
  read(connection);
}

void Loop::linger(Connection& connection) {
  for (;;) {
    const auto [step, size] = connection.channel.discard(scratch_.room());
    connection.discarded += size;
    if (step == Channel::Step::wants_read) return;
    const bool enough = connection.discarded > 2 * shared_.options.largest_body + kLargestHead;
    if (step == Channel::Step::ended || enough) return connections_.drop(connection);
  }
}

// ---- waiting ----

void Loop::hand_over(Connection& connection) {
  connections_.watch(connection, 0);
  connections_.enter(connection, Phase::judging);
  // Until it is finished nobody else touches the connection.
  shared_.lane.add([this, &connection, arrived = connections_.now()] {
    Outcome outcome = HttpReply{.status = 500, .body = "internal error\n"};
    try {
      const std::string_view bytes = connection.in.view();
      const auto head = std::get<RequestHead>(read_head(bytes));
      outcome = shared_.dispatch.reply(request_of(head, bytes, arrived));
    } catch (...) {  // no memory
    }
    mailbox_.bring({&connection, std::move(outcome)});
  });
}

void Loop::ask_parked() {
  auto& parked = connections_.in(Phase::parked);
  if (parked.empty() || connections_.now() < next_question_) return;
  next_question_ = connections_.now() + kBetweenQuestions;
  auto next = parked.begin();
  for (std::size_t left = parked.size(); left > 0; --left) {
    Connection& connection = *next++;
    guarded(connection, [&] {
      auto reply = connection.later();
      if (!reply) return;
      connection.later = nullptr;
      if (deliver(connection, std::move(*reply))) resume(connection);
    });
  }
}

}  // namespace stateward
