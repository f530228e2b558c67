// One connection to the API server: cpp-httplib's client with our TLS. Only the given authority is
// trusted, the server's name is checked by OpenSSL, redirects and compression are off, nothing is
// waited for longer than its deadline. One call at a time; stop() may come from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/access.h"
#include "cluster/credentials.h"
#include "engine/result.h"

namespace stateward {

struct HttpCall {
  std::string_view method;  // "GET"
  std::string target;       // path and query, already escaped
  std::string_view content_type;
  std::string body;
};

struct HttpAnswer {
  int status = 0;
  std::string body;         // of what is not given to `on_chunk`, at most 8 MiB
  std::string retry_after;  // the header
};

class HttpConnection {
 public:
  // Connects when it is first used. Errors are those of certificates that cannot be read.
  static Result<std::unique_ptr<HttpConnection>> make(const Access& access,
                                                      const Credentials& credentials);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  // An error where no whole answer came. The body of an answer of status 200 goes to `on_chunk`
  // piece by piece where there is one; it ends the call by answering false. Between two pieces
  // there may be at most `patience`.
  Result<HttpAnswer> call(const HttpCall& call,
                          const std::function<bool(std::string_view)>& on_chunk = {},
                          std::chrono::seconds patience = std::chrono::seconds{15});
  // Ends a call that is under way, which is then an error, as are all later ones.
  void stop();

  struct Client;

 private:
  explicit HttpConnection(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace stateward
