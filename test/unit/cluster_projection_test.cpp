// What is kept of an object, held against a second projection over another JSON library, and
// against the memory itself: what is not kept must not be there.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "cluster/projection.h"
#include "cluster/watched.h"
#include "engine/json_reader.h"
#include "engine/json_writer.h"
#include "test/unit/api_server.h"
#include "test/unit/fixture.h"

using namespace stateward;

namespace {

using Json = nlohmann::json;
using Paths = std::vector<std::string>;

// The steps that go into a member, of all that a map was entered with.
Paths below(const Paths& paths, const std::string& key) {
  Paths rest;
  for (const std::string& path : paths) {
    const std::string word = path.substr(0, path.find(' '));
    const bool prefix = word.ends_with('*');
    if (prefix ? !key.starts_with(word.substr(0, word.size() - 1)) : key != word) continue;
    rest.push_back(path.size() > word.size() ? path.substr(word.size() + 1) : "");
  }
  return rest;
}

// What should be kept. One empty path: everything.
Json reference(const Json& json, const Paths& paths) {
  const bool everything = std::find(paths.begin(), paths.end(), "") != paths.end();
  if (json.is_array()) {
    Json list = Json::array();
    for (const Json& item : json) list.push_back(reference(item, paths));
    return list;
  }
  if (!json.is_object()) return json;
  Json map = Json::object();
  for (const auto& [key, member] : json.items()) {
    const Paths rest = everything ? Paths{""} : below(paths, key);
    if (!rest.empty() && !member.is_null()) map[key] = reference(member, rest);
  }
  return map;
}

Paths paths_of(const WatchedResource& watched, bool more = false) {
  Paths paths(watched.fields.begin(), watched.fields.end());
  if (more) paths.insert(paths.end(), watched.more.begin(), watched.more.end());
  if (watched.namespaced()) {
    for (const char* path : {"metadata name", "metadata annotations stateward.dev/*",
                             "metadata ownerReferences apiVersion", "metadata ownerReferences kind",
                             "metadata ownerReferences name", "metadata ownerReferences controller",
                             "metadata deletionTimestamp"})
      paths.emplace_back(path);
  }
  return paths;
}

Document read(const std::string& json) {
  ReadDocument read = read_json(json, Places::skip);
  REQUIRE_MESSAGE(read.document.has_value(), json);
  return std::move(*read.document);
}

const WatchedResource& watched(Kind kind) {
  const auto all = watched_resources();
  return *std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.kind == kind; });
}

// How far into the block anything that is looked at reaches.
class Extent {
 public:
  explicit Extent(const Compact& compact)
      : block_(compact.block.get()), end_(block_ + compact.size) {
    reach(compact.root, sizeof(Value));
    look(compact.node());
  }
  std::size_t bytes() const { return bytes_; }
  std::size_t usable() const { return static_cast<std::size_t>(end_ - block_); }
  std::string_view memory() const { return {reinterpret_cast<const char*>(block_), bytes_}; }

 private:
  void reach(const void* begin, std::size_t size) {
    const auto* at = static_cast<const std::byte*>(begin);
    if (at < block_ || at >= end_) return;  // a name of the pool, or of the table of paths
    bytes_ = std::max(bytes_, static_cast<std::size_t>(at - block_) + size);
  }
  void look(Node node) {
    if (node.is_text()) reach(node.text().data(), node.text().size());
    for (const Node item : node.items()) {
      reach(item.value(), sizeof(Value));
      look(item);
    }
    for (const auto [key, member] : node.members()) {
      reach(member.value(), sizeof(Member));  // the value comes first in a member
      reach(key.data(), key.size());
      look(member);
    }
  }
  const std::byte* block_;
  const std::byte* end_;
  std::size_t bytes_ = 0;
};

std::string complaint(const WatchedResource& resource, const std::string& json) {
  NamePool names;
  const Document document = read(json);
  const Compact kept = projection_of(resource, false).of(document.node(), names);
  const Json wanted = reference(Json::parse(json), paths_of(resource));
  if (const std::string got = to_json(kept.node()); Json::parse(got) != wanted)
    return "kept " + got + " and not " + wanted.dump();
  const Extent extent(kept);
  if (extent.bytes() != extent.usable())
    return "the block has " + std::to_string(extent.usable()) + " bytes for " +
           std::to_string(extent.bytes());
  return {};
}

// Every text a canary of its own, but for keys.
void plant(Json& json, int& number) {
  if (json.is_string()) json = "canary-" + std::to_string(number++) + ".";
  if (json.is_structured())
    for (Json& member : json) plant(member, number);
}

std::set<std::string> canaries(std::string_view memory) {
  std::set<std::string> found;
  for (std::size_t at = 0; (at = memory.find("canary-", at)) != std::string_view::npos; ++at)
    found.emplace(memory.substr(at, memory.find('.', at) - at));
  return found;
}

// A Pod's spec with something in every corner where secrets are known to lie.
const Json kPodSpec = Json::parse(R"({
  "volumes": [{"name": "x", "persistentVolumeClaim": {"claimName": "x"}},
              {"name": "x", "secret": {"secretName": "x", "items": [{"key": "x", "path": "x"}]}},
              {"name": "x", "configMap": {"name": "x"}},
              {"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "x"}}]}},
              {"name": "x", "csi": {"driver": "x", "volumeAttributes": {"password": "x"}}}],
  "containers": [{"name": "x", "image": "x", "command": ["x", "x"], "args": ["x"],
    "env": [{"name": "PASSWORD", "value": "x"},
            {"name": "x", "valueFrom": {"secretKeyRef": {"name": "x", "key": "x"}}}],
    "envFrom": [{"secretRef": {"name": "x"}}], "workingDir": "x",
    "ports": [{"name": "x", "containerPort": 80, "protocol": "x"}],
    "volumeMounts": [{"name": "x", "mountPath": "x", "subPath": "x", "readOnly": true}],
    "volumeDevices": [{"name": "x", "devicePath": "x"}],
    "livenessProbe": {"httpGet": {"path": "x", "httpHeaders": [{"name": "x", "value": "x"}]}},
    "lifecycle": {"preStop": {"exec": {"command": ["x"]}}}, "resources": {"limits": {"cpu": "x"}}}],
  "initContainers": [{"name": "x", "restartPolicy": "x", "env": [{"name": "x", "value": "x"}],
    "args": ["x"], "volumeMounts": [{"name": "x", "mountPath": "x"}]}],
  "ephemeralContainers": [{"name": "x", "env": [{"name": "x", "value": "x"}]}],
  "imagePullSecrets": [{"name": "x"}], "serviceAccountName": "x", "nodeName": "x",
  "hostAliases": [{"ip": "x", "hostnames": ["x"]}], "schedulerName": "x"})");

const Json kMetadata = Json::parse(R"({
  "name": "x", "namespace": "x", "uid": "x", "resourceVersion": "x", "generateName": "x",
  "labels": {"app": "x", "secret": "x"}, "creationTimestamp": "x", "finalizers": ["x"],
  "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x", "password": "x",
                  "stateward.dev/injected": "x", "not.stateward.dev/injected": "x"},
  "ownerReferences": [{"apiVersion": "x", "kind": "x", "name": "x", "uid": "x", "controller": true}],
  "managedFields": [{"manager": "x", "fieldsV1": {"f:spec": {"k:{\"name\":\"x\"}": {}}}}]})");

}  // namespace

TEST_CASE("of recorded objects exactly the listed fields are kept, each as it was") {
  int looked_at = 0;
  for (const RecordedReview& recorded : recorded_reviews()) {
    CAPTURE(recorded.file);
    const Json request = Json::parse(recorded.body)["request"];
    for (const char* which : {"object", "oldObject"}) {
      if (!request.contains(which) || !request[which].is_object()) continue;
      // Every projection over every object: their shapes are what matters.
      for (const WatchedResource& resource : watched_resources()) {
        CAPTURE(resource.kind_name);
        CHECK(complaint(resource, request[which].dump()) == "");
        ++looked_at;
      }
    }
  }
  CHECK(looked_at > 500);
}

TEST_CASE("of all that the policies' examples show, the same is kept") {
  namespace fs = std::filesystem;
  int looked_at = 0;
  for (const auto& entry : fs::recursive_directory_iterator(STATEWARD_SOURCE "/policies")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".yaml" || !name.starts_with("good")) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Fixture fixture = Fixture::from_yaml(text);
    for (const Object& object : fixture.set.objects()) {
      CAPTURE(name);
      for (const WatchedResource& resource : watched_resources()) {
        if (resource.kind != object.kind) continue;
        CHECK(complaint(resource, to_json(object.node)) == "");
        ++looked_at;
      }
    }
  }
  CHECK(looked_at > 50);
}

TEST_CASE("odd shapes are kept or left as any other, and never beyond the block") {
  for (const char* json :
       {"{}", R"({"metadata":null,"spec":null})", R"({"metadata":"text","spec":7})",
        R"({"spec":[[],[{}],null,{"replicas":1}]})", R"({"metadata":{"labels":{"":""}}})",
        R"({"metadata":{"labels":{"a":"b","b":"a","c":"a"}},"spec":{"selector":{"a":"c"}}})",
        R"({"spec":{"selector":{"x":[1,2.5,true,false,null,-9223372036854775808,"x","x"]}}})",
        R"({"spec":{"ports":[],"selector":{},"volumes":{"name":"no list"}}})"}) {
    CAPTURE(std::string(json));
    for (const WatchedResource& resource : watched_resources())
      CHECK(complaint(resource, json) == "");
  }
  // A name that is longer than any label key is nobody else's, and is kept with the object.
  const std::string key(400, 'k');
  CHECK(complaint(watched(Kind::claim), Json{{"metadata", {{"labels", {{key, "v"}}}}}}.dump()) ==
        "");
}

TEST_CASE("no field is listed both whole and in part") {
  for (const WatchedResource& resource : watched_resources()) {
    const Paths paths = paths_of(resource, true);
    CHECK(std::set<std::string>(paths.begin(), paths.end()).size() == paths.size());
    for (const std::string& one : paths) {
      for (const std::string& other : paths) {
        CAPTURE(one);
        CAPTURE(other);
        CHECK_FALSE(other.starts_with(one + " "));
      }
    }
  }
}

TEST_CASE("no secret of a Pod or a set is in the memory that is kept of it") {
  constexpr const char* kManager = "/metadata/managedFields/0/manager";
  for (const auto& [kind, more] : {std::pair{Kind::pod, false},
                                   {Kind::pod, true},
                                   {Kind::stateful_set, false},
                                   {Kind::claim, false},
                                   {Kind::service, false},
                                   {Kind::service, true}}) {
    const WatchedResource& resource = watched(kind);
    CAPTURE(resource.kind_name);
    CAPTURE(more);
    Json object = {{"metadata", kMetadata},
                   {"spec", kPodSpec},
                   {"status", {{"phase", "x"}, {"message", "x"}, {"podIP", "x"}}}};
    object["spec"]["template"] = {{"metadata", kMetadata}, {"spec", kPodSpec}};
    object["spec"]["selector"] = {{"matchLabels", {{"app", "x"}}}};
    int planted = 0;
    plant(object, planted);
    REQUIRE(planted > 100);
    const std::set<std::string> wanted =
        canaries(reference(object, paths_of(resource, more)).dump());
    NamePool names;
    const Document document = read(object.dump());
    const Compact kept = projection_of(resource, more).of(document.node(), names);
    const Extent extent(kept);
    CHECK(canaries(extent.memory()) == wanted);
    CHECK_FALSE(wanted.empty());
    for (const char* path :
         {"/spec/template/spec/containers/0/env/0/value", "/spec/template/spec/containers/0/args/0",
          "/spec/template/spec/containers/0/command/1",
          "/spec/template/spec/initContainers/0/env/0/value",
          "/spec/template/spec/volumes/1/secret/secretName",
          "/spec/template/spec/volumes/4/csi/volumeAttributes/password",
          "/spec/containers/0/env/0/value", "/spec/containers/0/args/0",
          "/metadata/annotations/password",
          "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", kManager,
          "/status/message"}) {
      std::string canary = object[Json::json_pointer(path)].get<std::string>();
      canary.pop_back();
      CAPTURE(std::string(path));
      // Who writes its spec tells whether a Service of ours is ours still.
      CHECK(wanted.contains(canary) == (kind == Kind::service && more && path == kManager));
    }
  }
}

TEST_CASE("a text that comes again in an object is kept once, and names for all objects") {
  NamePool names;
  const Document document = read(
      R"({"metadata":{"name":"db"},"spec":{"selector":{"matchLabels":)"
      R"({"app":"postgres-main"}},"template":{"metadata":{"labels":{"app":"postgres-main"}}}}})");
  const Projection projection = projection_of(watched(Kind::stateful_set), false);
  const Compact first = projection.of(document.node(), names);
  const Compact second = projection.of(document.node(), names);
  const auto selector = [](const Compact& compact) {
    return compact.node()["spec"]["selector"]["matchLabels"];
  };
  const Node labels = selector(first);
  CHECK(labels["app"].text().data() ==
        first.node()["spec"]["template"]["metadata"]["labels"]["app"].text().data());
  const auto key = [&](const Compact& compact) {
    return (*selector(compact).members().begin()).key.data();
  };
  CHECK(key(first) == key(second));
  CHECK(labels["app"].text().data() != selector(second)["app"].text().data());
}

TEST_CASE("the pool of names ends somewhere, and what it took stays where it is") {
  NamePool pool;
  const auto first = pool.keep("first");
  REQUIRE(first.has_value());
  int refused = 0;
  for (int i = 0; i < 60'000; ++i) refused += pool.keep("name-" + std::to_string(i)) ? 0 : 1;
  CHECK(refused >= 9'999);
  CHECK(pool.keep("first")->data() == first->data());
  CHECK_FALSE(pool.keep("another").has_value());
  CHECK_FALSE(NamePool().keep(std::string(321, 'x')).has_value());
}

TEST_CASE("an object full of different texts is kept in no more than a moment") {
  Json values = Json::array();
  for (int i = 0; i < 100'000; ++i) values.push_back("value-" + std::to_string(i));
  const Json set = {{"spec", {{"selector", {{"matchExpressions", {{{"values", values}}}}}}}}};
  const auto before = std::chrono::steady_clock::now();
  CHECK(complaint(watched(Kind::stateful_set), set.dump()) == "");
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
}
