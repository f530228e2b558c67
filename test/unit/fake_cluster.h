// A fake API server that keeps objects: versions, conflicts, merge patches (strategic ones by name,
// as webhook configurations want it), and who was written by whom as far as it matters here.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "test/unit/fake_api_server.h"

namespace stateward {

class FakeCluster {
 public:
  using Json = nlohmann::json;

  FakeCluster();

  FakeApiServer& server() { return server_; }
  std::shared_ptr<CredentialSource> source() const { return source_of(server_.access()); }

  // As another client would do it; `path` is that of the object.
  void put(const std::string& path, Json object, const std::string& manager = "kubectl");
  void erase(const std::string& path);
  Json get(const std::string& path) const;  // null where there is none
  // "METHOD path" of what was sent but for reads, in order; then forgotten.
  std::vector<std::string> writes();
  std::vector<FakeRequest> write_requests() const;
  // Called before each request is answered, without a lock: true where it has answered itself.
  void before(std::function<bool(const FakeRequest&, FakeReply&)> hook);

 private:
  void answer(const FakeRequest& request, FakeReply& reply);
  void create(const FakeRequest& request, FakeReply& reply);
  void change(const FakeRequest& request, FakeReply& reply);
  void store(const std::string& path, Json object, const std::string& manager, bool spec);

  mutable std::mutex mutex_;
  std::map<std::string, Json> objects_;
  std::vector<FakeRequest> writes_;
  std::function<bool(const FakeRequest&, FakeReply&)> before_;
  int version_ = 100;
  FakeApiServer server_;
};

}  // namespace stateward
