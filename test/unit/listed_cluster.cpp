#include "test/unit/listed_cluster.h"

#include <doctest/doctest.h>
#include <httplib.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace stateward {
namespace {

using Json = nlohmann::json;

// "StatefulSet" as it is asked for: "statefulsets".
std::string plural_of(const std::string& kind) {
  std::string name = kind;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name + (name.ends_with("class") ? "es" : "s");
}

std::string path_of(const std::string& api_version, const std::string& plural) {
  return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version + "/" +
         plural;
}

Json status(int code, const std::string& reason) {
  return {{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", "fake: " + reason}};
}

}  // namespace

struct ListedCluster::Server {
  explicit Server(const ListedCluster& owner) : owner_(owner) {
    http.Get(R"(/.*)", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex);
      asked.push_back(request.target);
      const auto [code, body] = answer(request);
      response.status = code;
      response.set_content(body.dump(), "application/json");
    });
    http.set_tcp_nodelay(true);
    port = http.bind_to_any_port("127.0.0.1");
    REQUIRE(port > 0);
    thread = std::thread([this] { http.listen_after_bind(); });
  }
  ~Server() {
    http.stop();
    thread.join();
  }

  std::pair<int, Json> answer(const httplib::Request& request) {
    // /apis/apps/v1[/namespaces/NS]/statefulsets[/NAME]
    std::vector<std::string> parts;
    for (std::size_t at = 1; at <= request.path.size();) {
      const std::size_t end = std::min(request.path.find('/', at), request.path.size());
      parts.push_back(request.path.substr(at, end - at));
      at = end + 1;
    }
    const std::size_t head = parts.front() == "api" ? 2 : 3;
    if (parts.size() <= head) return {404, status(404, "NotFound")};
    std::string name_space;
    std::size_t at = head;
    if (parts[at] == "namespaces" && parts.size() > at + 2) {
      name_space = parts[at + 1];
      at += 2;
    }
    std::string base;
    for (std::size_t i = 0; i < head; ++i) base += "/" + parts[i];
    if (owner_.forbidden.contains(parts[at])) return {403, status(403, "Forbidden")};
    const std::string collection = base + "/" + parts[at];
    if (parts.size() > at + 1) return one(collection, name_space, parts[at + 1]);
    return list(collection, name_space, request);
  }

  std::pair<int, Json> one(const std::string& collection, const std::string& name_space,
                           const std::string& name) {
    for (const Json& object : objects[collection]) {
      if (object["metadata"]["name"] == name &&
          object["metadata"].value("namespace", "") == name_space)
        return {200, object};
    }
    return {404, status(404, "NotFound")};
  }

  std::pair<int, Json> list(const std::string& collection, const std::string& name_space,
                            const httplib::Request& request) {
    const std::string fields = request.get_param_value("fieldSelector");
    std::vector<Json> all;
    for (const Json& object : objects[collection]) {
      const std::string here = object["metadata"].value("namespace", "");
      if (!name_space.empty() && here != name_space) continue;
      if (("," + fields + ",").find(",metadata.namespace!=" + here + ",") == std::string::npos)
        all.push_back(object);
    }
    const auto key = [](const Json& object) {
      const Json& metadata = object["metadata"];
      return metadata.value("namespace", "") + "/" + metadata.value("name", "");
    };
    if (owner_.sorts) {
      std::sort(all.begin(), all.end(),
                [&](const Json& left, const Json& right) { return key(left) < key(right); });
    }
    const std::string token = request.get_param_value("continue");
    if (owner_.expires && !token.empty() && token.front() != 'r') {
      Json expired = status(410, "Expired");
      expired["metadata"]["continue"] = "r" + token;
      return {410, expired};
    }
    const std::size_t begin =
        token.empty() ? 0 : std::stoul(token.front() == 'r' ? token.substr(1) : token);
    const std::size_t end = std::min(begin + owner_.page, all.size());
    Json items = Json::array();
    for (std::size_t i = begin; i < end; ++i) {
      all[i].erase("kind");  // as real lists have them
      all[i].erase("apiVersion");
      items.push_back(all[i]);
    }
    Json answer = {{"kind", "List"}, {"metadata", {{"resourceVersion", "7"}}}, {"items", items}};
    if (end < all.size()) answer["metadata"]["continue"] = std::to_string(end);
    return {200, answer};
  }

  const ListedCluster& owner_;
  httplib::Server http;
  int port = 0;
  std::mutex mutex;
  std::map<std::string, std::vector<Json>> objects;  // by path of the collection
  std::vector<std::string> asked;
  std::thread thread;
};

ListedCluster::ListedCluster() : server_(std::make_unique<Server>(*this)) {}
ListedCluster::~ListedCluster() = default;

void ListedCluster::add(nlohmann::json object) {
  const std::lock_guard lock(server_->mutex);
  const std::string path = path_of(object["apiVersion"].get<std::string>(),
                                   plural_of(object["kind"].get<std::string>()));
  server_->objects[path].push_back(std::move(object));
}

void ListedCluster::clear() {
  const std::lock_guard lock(server_->mutex);
  server_->objects.clear();
  server_->asked.clear();
}

std::shared_ptr<CredentialSource> ListedCluster::source() const {
  return std::make_shared<CredentialSource>(
      Access{.tls = false, .host = "127.0.0.1", .port = static_cast<std::uint16_t>(server_->port)},
      [] { return std::chrono::sys_seconds{}; });
}

std::vector<std::string> ListedCluster::asked() const {
  const std::lock_guard lock(server_->mutex);
  return server_->asked;
}

}  // namespace stateward
