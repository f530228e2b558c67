// What is not admission (health, version, metrics) goes through cpp-httplib: its grammar and its
// routing, over a stream in memory. It gets a request that was framed and bounded before, written
// anew from what we know of it, and never a socket.
#pragma once

#include <functional>
#include <memory>

#include "webhook/http.h"

namespace stateward {

class Router {
 public:
  using Reply = std::function<HttpReply(const HttpRequest&)>;
  explicit Router(Reply reply);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;
  ~Router();

  // What `reply` says, thread safe: itself, and as the library writes it.
  HttpReply ask(const HttpRequest& request) const;
  RenderedReply reply(const HttpRequest& request) const;

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace stateward
