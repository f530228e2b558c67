#include "engine/injection.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/yaml_reader.h"
#include "policies/catalogue.h"

using namespace stateward;

namespace {

struct Set {
  explicit Set(const std::string& yaml) : read(read_yaml({yaml})) {
    REQUIRE(read.document);
    objects = objects_of(*read.document, "default");
  }
  explicit Set(Document document) {
    read.document = std::move(document);
    objects = objects_of(*read.document, "default");
  }
  const Object& object() const { return objects.front(); }
  ReadDocument read;
  std::vector<Object> objects;
};

Patch patch_for(const Set& set, const Set* old = nullptr, const Request* request = nullptr) {
  const auto injections = policies::all_injections();
  const ObjectSet nothing;
  return mutate(injections, {.object = set.object(),
                             .old = old == nullptr ? nullptr : &old->object(),
                             .set = nothing,
                             .operation = old == nullptr ? Operation::create : Operation::update,
                             .point = EnforcementPoint::admission,
                             .request = request});
}

Set injected(const Set& set) {
  auto result = apply_patch(set.object().node, patch_for(set));
  REQUIRE(result);
  return Set(std::move(*result));
}

Set changed(const Set& set, const Patch& patch) {
  auto result = apply_patch(set.object().node, patch);
  REQUIRE(result);
  return Set(std::move(*result));
}

const char* const kPlain = R"(
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: app, image: "registry.example.com/app:1", ports: [{name: http, containerPort: 80}]}
)";

}  // namespace

TEST_CASE("a new set gets its name and probe, and getting them again changes nothing") {
  const Set after = injected(Set(kPlain));
  CHECK(after.object().spec()["serviceName"].text() == "web-headless");
  CHECK(
      resolve(after.object().node, "/spec/template/spec/containers/0/readinessProbe/tcpSocket/port")
          .text() == "http");
  CHECK(after.object().annotation(kInjectedAnnotation) == "service-name,readiness-probe:app");
  CHECK(patch_for(after).empty());
}

TEST_CASE("an update that keeps everything is left alone") {
  const Set before = injected(Set(kPlain));
  const Set after = changed(before, {{PatchOperation::Op::add, "/spec/replicas", "5"}});
  CHECK(patch_for(after, &before).empty());
}

TEST_CASE("a client that puts its own file back gets back what was injected, bit by bit") {
  const Set before = injected(Set(kPlain));
  const Set replaced(kPlain);
  const Set restored = changed(replaced, patch_for(replaced, &before));
  CHECK(equal(restored.object().node, before.object().node));
}

TEST_CASE("what somebody took out on purpose stays out, and the record forgets it") {
  const Set before = injected(Set(kPlain));
  const Set without = changed(before, {{PatchOperation::Op::remove,
                                        "/spec/template/spec/containers/0/readinessProbe", ""}});
  const Set after = changed(without, patch_for(without, &before));
  CHECK_FALSE(
      resolve(after.object().node, "/spec/template/spec/containers/0/readinessProbe").exists());
  CHECK(after.object().annotation(kInjectedAnnotation) == "service-name");
}

TEST_CASE("the name is immutable, so it comes back even where its record stayed") {
  const Set before = injected(Set(kPlain));
  const Set without = changed(before, {{PatchOperation::Op::replace, "/spec/serviceName", "\"\""}});
  const Set after = changed(without, patch_for(without, &before));
  CHECK(after.object().spec()["serviceName"].text() == "web-headless");
}

TEST_CASE("a probe whose container or port is gone is not put back") {
  const Set before = injected(Set(kPlain));
  std::string renamed = kPlain;
  renamed.replace(renamed.find("name: app"), 9, "name: new");
  std::string moved = kPlain;
  moved.replace(moved.find("name: http"), 10, "name: grpc");
  for (const std::string& yaml : {renamed, moved}) {
    const Set replaced{yaml};
    const Set after = changed(replaced, patch_for(replaced, &before));
    CHECK_FALSE(
        resolve(after.object().node, "/spec/template/spec/containers/0/readinessProbe").exists());
    CHECK(after.object().annotation(kInjectedAnnotation) == "service-name");
  }
}

TEST_CASE("a probe of the user's own takes the place of ours and of its record") {
  const Set before = injected(Set(kPlain));
  const Set own =
      changed(before, {{PatchOperation::Op::replace,
                        "/spec/template/spec/containers/0/readinessProbe/tcpSocket/port", "80"}});
  const Set after = changed(own, patch_for(own, &before));
  CHECK(after.object().annotation(kInjectedAnnotation) == "service-name");
}

TEST_CASE("opting out, a service account's owned set and one that is being deleted get nothing") {
  const auto with = [](const std::string& metadata) {
    std::string yaml = kPlain;
    return Set(yaml.replace(yaml.find("{name: web}"), 11, "{name: web, " + metadata + "}"));
  };
  CHECK(patch_for(with("annotations: {stateward.dev/inject: none}")).empty());
  CHECK(patch_for(with("deletionTimestamp: x")).empty());
  const Set owned = with("ownerReferences: [{kind: Db, name: d, controller: true}]");
  const Request operator_{.user = "system:serviceaccount:db:operator"};
  const Request person{.user = "alice"};
  CHECK(patch_for(owned, nullptr, &operator_).empty());
  CHECK_FALSE(patch_for(owned, nullptr, &person).empty());
  const Set names_only = injected(with("annotations: {stateward.dev/inject: service-name}"));
  CHECK(names_only.object().annotation(kInjectedAnnotation) == "service-name");
}

TEST_CASE(
    "liveness is injected only where the annotation asks for it, with a startup probe before it") {
  std::string yaml = kPlain;
  yaml.replace(yaml.find("{name: web}"), 11,
               "{name: web, annotations: {stateward.dev/inject-liveness: \"true\"}}");
  const Set after = injected(Set(yaml));
  const Node container = resolve(after.object().node, "/spec/template/spec/containers/0");
  CHECK(container["livenessProbe"]["failureThreshold"].integer(0) == 6);
  CHECK(container["startupProbe"]["failureThreshold"].integer(0) == 60);
  CHECK(after.object().annotation(kInjectedAnnotation) ==
        "service-name,readiness-probe:app,liveness-probe:app,startup-probe:app");
}

TEST_CASE("what names no entry is patched and never recorded, also where a controller creates") {
  static constexpr auto kPropose = [](const Subject&, std::span<const Proposal>,
                                      std::vector<Proposal>& out) {
    out.push_back({.patch = {{PatchOperation::Op::add, "/spec/seen", "true"}}});
  };
  static constexpr Injection kSilent{.id = "inject-seen",
                                     .group = "seen",
                                     .kinds = {Kind::stateful_set},
                                     .for_controllers = true,
                                     .propose = kPropose};
  const Set before{kPlain};
  const Injection* const injections[] = {&kSilent};
  const Request controller{.user = "system:serviceaccount:kube-system:statefulset-controller"};
  const ObjectSet nothing;
  const Patch patch =
      mutate(injections, {.object = before.object(), .set = nothing, .request = &controller});
  CHECK(patch == Patch{{PatchOperation::Op::add, "/spec/seen", "true"}});
  // An update puts nothing back, though somebody wrote a record.
  const Set recorded = changed(before, {{PatchOperation::Op::add, "/metadata/annotations",
                                         "{\"stateward.dev/injected\": \"seen\"}"}});
  const Patch forgotten = mutate(injections, {.object = recorded.object(),
                                              .old = &recorded.object(),
                                              .set = nothing,
                                              .operation = Operation::update});
  REQUIRE(forgotten.size() == 1);
  CHECK(forgotten.front().op == PatchOperation::Op::remove);
}

TEST_CASE("the system's own controllers get nothing that is not for them") {
  const Request controller{.user = "system:kube-controller-manager"};
  CHECK(patch_for(Set(kPlain), nullptr, &controller).empty());
}
