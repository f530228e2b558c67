#include "test/unit/fake_cluster.h"

#include <algorithm>

namespace stateward {
namespace {

using Json = nlohmann::json;

// Lists of things with names are merged by name; all else as a merge patch.
void merge_strategically(Json& target, const Json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : patch.items()) {
    const bool by_name = value.is_array() && !value.empty() && value[0].contains("name");
    if (value.is_null()) {
      target.erase(key);
    } else if (!by_name) {
      merge_strategically(target[key], value);
    } else {
      for (const Json& one : value) {
        Json& list = target[key];
        const auto found = std::find_if(list.begin(), list.end(), [&](const Json& other) {
          return other["name"] == one["name"];
        });
        found == list.end() ? list.push_back(one) : merge_strategically(*found, one);
      }
    }
  }
}

std::string version_of(const Json& object) {
  return object.value("/metadata/resourceVersion"_json_pointer, std::string());
}

}  // namespace

FakeCluster::FakeCluster()
    : server_([this](const FakeRequest& request, FakeReply& reply) { answer(request, reply); },
              {.tls = false}) {}

void FakeCluster::store(const std::string& path, Json object, const std::string& manager,
                        bool spec) {
  Json& metadata = object["metadata"];
  metadata["resourceVersion"] = std::to_string(++version_);
  if (!metadata.contains("uid")) metadata["uid"] = "uid-" + std::to_string(version_);
  Json& fields = metadata["managedFields"];
  if (!fields.is_array()) fields = Json::array();
  auto own = std::find_if(fields.begin(), fields.end(),
                          [&](const Json& entry) { return entry["manager"] == manager; });
  if (own == fields.end()) own = fields.insert(fields.end(), Json{{"manager", manager}});
  (*own)["fieldsV1"]["f:metadata"] = Json::object();
  if (spec) (*own)["fieldsV1"]["f:spec"] = Json::object();
  objects_[path] = std::move(object);
}

void FakeCluster::put(const std::string& path, Json object, const std::string& manager) {
  const std::lock_guard lock(mutex_);
  store(path, std::move(object), manager, true);
}

void FakeCluster::erase(const std::string& path) {
  const std::lock_guard lock(mutex_);
  objects_.erase(path);
}

Json FakeCluster::get(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(path);
  return found == objects_.end() ? Json() : found->second;
}

std::vector<std::string> FakeCluster::writes() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const FakeRequest& request : writes_) all.push_back(request.method + " " + request.path());
  writes_.clear();
  return all;
}

std::vector<FakeRequest> FakeCluster::write_requests() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

void FakeCluster::before(std::function<bool(const FakeRequest&, FakeReply&)> hook) {
  const std::lock_guard lock(mutex_);
  before_ = std::move(hook);
}

void FakeCluster::answer(const FakeRequest& request, FakeReply& reply) {
  std::function<bool(const FakeRequest&, FakeReply&)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = before_;
    if (request.method != "GET") writes_.push_back(request);
  }
  if (hook && hook(request, reply)) return;
  const std::lock_guard lock(mutex_);
  if (request.method == "POST") return create(request, reply);
  const auto found = objects_.find(request.path());
  if (found == objects_.end()) return reply.status(404, "NotFound", request.path() + " not found");
  if (request.method == "GET") return reply.json(200, found->second.dump());
  if (request.method != "DELETE") return change(request, reply);
  const Json options = Json::parse(request.body);
  if (options["preconditions"]["uid"] != found->second["metadata"]["uid"])
    return reply.status(409, "Conflict", "another uid");
  objects_.erase(found);
  reply.json(200, status_json(200, "", ""));
}

void FakeCluster::create(const FakeRequest& request, FakeReply& reply) {
  const Json object = Json::parse(request.body);
  const std::string path = request.path() + "/" + object["metadata"]["name"].get<std::string>();
  if (objects_.contains(path)) return reply.status(409, "AlreadyExists", path + " exists");
  store(path, object, request.parameter("fieldManager"), object.contains("spec"));
  reply.json(201, objects_[path].dump());
}

void FakeCluster::change(const FakeRequest& request, FakeReply& reply) {
  const Json body = Json::parse(request.body);
  Json object = objects_[request.path()];
  if (!version_of(body).empty() && version_of(body) != version_of(object))
    return reply.status(409, "Conflict", "the object has been modified");
  const std::string type = request.header("Content-Type");
  if (request.method == "PUT") {
    const Json uid = object["metadata"]["uid"];
    object = body;
    object["metadata"]["uid"] = uid;
  } else if (type == "application/merge-patch+json") {
    object.merge_patch(body);
  } else if (type == "application/strategic-merge-patch+json") {
    merge_strategically(object, body);
  } else {
    return reply.status(415, "UnsupportedMediaType", type);
  }
  store(request.path(), object, request.parameter("fieldManager"), body.contains("spec"));
  reply.json(200, objects_[request.path()].dump());
}

}  // namespace stateward
