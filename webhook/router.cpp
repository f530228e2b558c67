#include "webhook/router.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace stateward {
namespace {

// A type that the library does not know, so that it does not compress.
constexpr std::string_view kJson = "application/json";
constexpr const char* kJsonInside = "application/json;";

// Gives the library one request and takes what it writes.
class MemoryStream : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view request) : rest_(request) {}
  std::string written;

  bool is_readable() const override { return !rest_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t given = rest_.copy(into, size);
    rest_.remove_prefix(given);
    return static_cast<ssize_t>(given);
  }
  ssize_t write(const char* from, std::size_t size) override {
    written.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view rest_;
};

void set_reply(httplib::Response& response, const HttpReply& reply) {
  response.status = reply.status;
  if (!reply.allow.empty()) response.set_header("Allow", std::string(reply.allow));
  response.set_content(reply.body,
                       reply.content_type == kJson ? kJsonInside : std::string(reply.content_type));
}

// The last look at every reply, the library's own ones too.
void finish(const httplib::Request&, httplib::Response& response) {
  if (response.get_header_value("Content-Type") == kJsonInside) {
    response.headers.erase("Content-Type");
    response.set_header("Content-Type", std::string(kJson));
  }
  response.headers.erase("Keep-Alive");
}

}  // namespace

class Router::Library : public httplib::Server {
 public:
  explicit Library(Reply reply) : reply_(std::move(reply)) {
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const std::string_view target = request.target;
      const std::size_t mark = std::min(target.find('?'), target.size());
      set_reply(response, reply_({.method = request.method,
                                  .path = request.path,
                                  .query = target.substr(std::min(mark + 1, target.size()))}));
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(finish);
    // Without one, the library puts the exception's text into a header.
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          set_reply(response, {.status = 500, .body = "internal error\n"});
        });
  }

  HttpReply ask(const HttpRequest& request) const { return reply_(request); }

  std::string answer(std::string_view request) {
    MemoryStream stream(request);
    bool closed = false;
    process_request(stream, false, closed, nullptr);
    return std::move(stream.written);
  }

 private:
  Reply reply_;
};

Router::Router(Reply reply) : library_(std::make_unique<Library>(std::move(reply))) {}

Router::~Router() = default;

HttpReply Router::ask(const HttpRequest& request) const { return library_->ask(request); }

RenderedReply Router::reply(const HttpRequest& request) const {
  return {
      library_->answer(fmt::format("{} {}{}{} HTTP/1.1\r\nHost: stateward\r\n\r\n", request.method,
                                   request.path, request.query.empty() ? "" : "?", request.query))};
}

}  // namespace stateward
