// One look after another, each of a few lines, which makes the file as long as there is to look at.
// A look that is not permitted is a warning, never a failure: who asks may be an auditor. What an
// overlay of ours changes on purpose (manifests/overlays/observe) is a warning too.

#include "cluster/checkup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "certs/describe.h"
#include "cluster/api_kind.h"
#include "cluster/installation.h"
#include "engine/base64.h"
#include "engine/json_reader.h"
#include "engine/json_writer.h"
#include "engine/timestamp.h"

namespace stateward {
namespace {

constexpr int kOldestMinor = 29;
constexpr int kNewestMinor = 37;
constexpr std::chrono::seconds kLeaseIsOld{60};
constexpr std::chrono::days kSoon{14};

constexpr Resource kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices"};
constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases"};
constexpr Resource kSecrets{"", "v1", "secrets"};
constexpr Resource kMutating{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"};
constexpr Resource kValidating{"admissionregistration.k8s.io", "v1",
                               "validatingwebhookconfigurations"};

constexpr std::string_view kApply = "kubectl apply -k manifests";

// What manifests/base/configurations.yaml registers.
struct ExpectedWebhook {
  Resource resource;
  std::string_view configuration;
  std::string_view name;
  std::string_view path;
  std::string_view failure_policy;
  std::int64_t timeout = 0;  // seconds, at most
};
constexpr std::array kExpected = {
    ExpectedWebhook{kMutating, kMutatingConfiguration, "mutate.stateward.dev", "/mutate", "Ignore",
                    2},
    ExpectedWebhook{kValidating, kValidatingConfiguration, "policy.stateward.dev", "/validate",
                    "Ignore", 3},
    ExpectedWebhook{kValidating, kValidatingConfiguration, "observe.stateward.dev",
                    "/validate/observe", "Ignore", 3},
    ExpectedWebhook{kValidating, kValidatingConfiguration, "guard.stateward.dev", "/validate/guard",
                    "Fail", 3},
};

// The part of an image's name that tells its version; empty where there is none.
std::string_view tag_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return tagged ? image.substr(colon + 1) : std::string_view();
}

bool excludes(Node webhook, std::string_view name_space) {
  for (const Node rule : webhook["namespaceSelector"]["matchExpressions"].items()) {
    if (rule["key"].text() != "kubernetes.io/metadata.name") continue;
    const auto values = rule["values"].items();
    const bool named = std::any_of(values.begin(), values.end(),
                                   [&](Node value) { return value.text() == name_space; });
    if (rule["operator"].text() == (named ? "NotIn" : "In")) return true;
  }
  return false;
}

class Examination {
 public:
  Examination(ApiClient& client, const CheckupOptions& options)
      : client_(client), options_(options) {}

  ApiResult<std::vector<Checkup>> run() {
    if (auto answered = look_at_cluster(); !answered) return tl::unexpected(answered.error());
    look_at_permissions();
    const auto installed = read("namespace", api::kNamespaces.resource, {}, options_.name_space);
    if (installed) {
      ok("namespace", fmt::format("\"{}\" is there", options_.name_space));
      look_at_deployment("webhook", kWebhookService);
      look_at_deployment("controller", kControllerLease);
      look_at_service();
      look_at_lease();
    }
    look_at_configurations();
    if (installed) look_at_authority();
    if (registered_) {
      try_a_set();
      look_at_namespaces();
    }
    return std::move(checkups_);
  }

 private:
  void add(Health health, std::string_view subject, std::string message, std::string remedy = {}) {
    checkups_.push_back({health, std::string(subject), std::move(message), std::move(remedy)});
  }
  void ok(std::string_view subject, std::string message) {
    add(Health::ok, subject, std::move(message));
  }

  // The object; where it cannot be had that is a checkup of its own.
  std::optional<Document> read(std::string_view subject, const Resource& resource,
                               std::string_view name_space, std::string_view name) {
    auto found = client_.get(resource, name_space, name);
    if (found) return std::move(*found);
    const std::string_view singular = resource.plural.substr(0, resource.plural.size() - 1);
    cannot_read(subject, fmt::format("{} \"{}\"", singular, name), found.error());
    return std::nullopt;
  }

  void cannot_read(std::string_view subject, std::string_view what, const ApiError& error) {
    if (error.forbidden()) {
      add(Health::warn, subject, fmt::format("not looked at: may not read {}", what),
          "ask as somebody who may");
    } else if (error.not_found()) {
      add(Health::fail, subject, fmt::format("there is no {}", what), std::string(kApply));
    } else {
      add(Health::fail, subject, error.message, "try again");
    }
  }

  ApiResult<void> look_at_cluster() {
    const auto version = client_.get_path("/version");
    if (!version) return tl::unexpected(version.error());
    const std::string_view minor = version->node()["minor"].text();
    int number = 0;
    std::from_chars(minor.data(), minor.data() + minor.size(), number);
    const std::string said =
        fmt::format("Kubernetes {}.{}", version->node()["major"].text(), number);
    if (number >= kOldestMinor && number <= kNewestMinor) {
      ok("cluster", said);
    } else {
      add(Health::warn, "cluster",
          fmt::format("{}: tested are 1.{} to 1.{}", said, kOldestMinor, kNewestMinor),
          "use a release of stateward that knows this one");
    }
    return {};
  }

  bool may(std::string_view verb, const Resource& resource, std::string_view name_space) {
    std::string review;
    JsonWriter out(review);
    out.begin_object().key("apiVersion").string("authorization.k8s.io/v1");
    out.key("kind").string("SelfSubjectAccessReview").key("spec").begin_object();
    out.key("resourceAttributes").begin_object().key("verb").string(verb);
    out.key("group").string(resource.group).key("resource").string(resource.plural);
    out.key("namespace").string(name_space).end_object().end_object().end_object();
    const auto answer = client_.post_path("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                                          std::move(review));
    return answer && answer->node()["status"]["allowed"].boolean();
  }

  void look_at_permissions() {
    struct Asked {
      std::string_view verb;
      const Resource& resource;
      std::string_view name_space;
    };
    const std::string& own = options_.name_space;
    const Asked all[] = {{"get", api::kDeployments.resource, own},
                         {"get", api::kServices.resource, own},
                         {"list", kEndpointSlices, own},
                         {"get", kLeases, own},
                         {"get", kSecrets, own},
                         {"get", kMutating, {}},
                         {"get", kValidating, {}},
                         {"list", api::kNamespaces.resource, {}},
                         {"create", api::kStatefulSets.resource, options_.try_in}};
    std::string missing;
    for (const Asked& asked : all) {
      if (may(asked.verb, asked.resource, asked.name_space)) continue;
      missing +=
          fmt::format("{}{} {}", missing.empty() ? "" : ", ", asked.verb, asked.resource.plural);
    }
    if (missing.empty()) return ok("permissions", "all that is looked at may be read");
    add(Health::warn, "permissions", fmt::format("may not {}: less can be told", missing),
        "ask as somebody who may");
  }

  void look_at_deployment(std::string_view subject, std::string_view name) {
    const auto found = read(subject, api::kDeployments.resource, options_.name_space, name);
    if (!found) return;
    const Node spec = found->node()["spec"];
    const std::int64_t wanted = spec["replicas"].integer(1);
    const std::int64_t ready = found->node()["status"]["readyReplicas"].integer(0);
    const std::string_view image =
        spec["template"]["spec"]["containers"][std::size_t{0}]["image"].text();
    const std::string pods =
        fmt::format("kubectl -n {} describe pods -l app.kubernetes.io/component={}",
                    options_.name_space, subject);
    const std::string state = fmt::format("{} of {} replicas are ready", ready, wanted);
    if (ready == 0) {
      add(Health::fail, subject, state, pods);
    } else if (ready < wanted) {
      add(Health::warn, subject, state, pods);
    } else if (wanted < 2) {
      add(Health::warn, subject, "1 replica: nobody is there while its node is drained",
          fmt::format("kubectl -n {} scale deployment {} --replicas=2", options_.name_space, name));
    } else {
      ok(subject, state);
    }
    const std::string_view tag = tag_of(image);
    if (tag.empty() || tag == options_.version || tag == fmt::format("v{}", options_.version))
      return;
    add(Health::warn, subject,
        fmt::format("its image is {}, this program {}", tag, options_.version),
        "use the program of the release that is installed, or install this one");
  }

  void look_at_service() {
    if (!read("service", api::kServices.resource, options_.name_space, kWebhookService)) return;
    std::size_t ready = 0;
    const auto count = [&](std::string_view text) {
      const ReadDocument slice = read_json(text, Places::skip);
      if (!slice.document) return;
      for (const Node endpoint : slice.document->node()["endpoints"].items())
        ready += endpoint["conditions"]["ready"].boolean(true) ? 1U : 0U;
    };
    const auto listed = client_.list(
        {.resource = kEndpointSlices,
         .name_space = options_.name_space,
         .label_selector = fmt::format("kubernetes.io/service-name={}", kWebhookService)},
        count, [&] { ready = 0; });
    if (!listed) return cannot_read("service", "endpointslices", listed.error());
    if (ready > 0)
      return ok("service", fmt::format("{} ready endpoint{}", ready, ready == 1 ? "" : "s"));
    add(Health::fail, "service", "no endpoint is ready: the API server reaches nobody",
        fmt::format("kubectl -n {} get pods,endpointslices", options_.name_space));
  }

  void look_at_lease() {
    const auto found = read("leader", kLeases, options_.name_space, kControllerLease);
    if (!found) return;
    const Node spec = found->node()["spec"];
    const std::string_view holder = spec["holderIdentity"].text();
    const auto renewed = parse_timestamp(spec["renewTime"].text());
    const auto logs = fmt::format("kubectl -n {} logs -l app.kubernetes.io/component=controller",
                                  options_.name_space);
    if (holder.empty() || !renewed)
      return add(Health::fail, "leader", "no controller holds the Lease", logs);
    const auto age = options_.now - std::chrono::sys_seconds(std::chrono::seconds(*renewed));
    if (age > kLeaseIsOld) {
      return add(Health::fail, "leader",
                 fmt::format("{} holds the Lease, and renewed it {} s ago", holder, age.count()),
                 logs);
    }
    ok("leader", fmt::format("{} holds the Lease", holder));
  }

  void look_at_configurations() {
    for (const auto& [resource, name] : {std::pair(kMutating, kMutatingConfiguration),
                                         std::pair(kValidating, kValidatingConfiguration)}) {
      const auto found = read("registration", resource, {}, name);
      if (!found) continue;
      registered_ = true;
      const std::size_t before = checkups_.size();
      for (const ExpectedWebhook& expected : kExpected) {
        if (expected.configuration == name) look_at_webhook(expected, found->node());
      }
      if (checkups_.size() == before)
        ok("registration", fmt::format("{} is as it should be", name));
    }
  }

  void look_at_webhook(const ExpectedWebhook& expected, Node configuration) {
    const auto differs = [&](Health health, const std::string& how) {
      add(health, "registration", fmt::format("{}: {}", expected.name, how), std::string(kApply));
    };
    const auto webhooks = configuration["webhooks"].items();
    const auto found = std::find_if(webhooks.begin(), webhooks.end(), [&](Node webhook) {
      return webhook["name"].text() == expected.name;
    });
    if (found == webhooks.end()) return differs(Health::fail, "is not registered");
    const Node webhook = *found;
    look_at_bundle(expected, webhook);
    const Node service = webhook["clientConfig"]["service"];
    if (service["name"].text() != kWebhookService ||
        service["namespace"].text() != options_.name_space) {
      differs(Health::fail, fmt::format("calls Service \"{}\" in namespace \"{}\"",
                                        service["name"].text(), service["namespace"].text()));
    }
    if (const std::string_view path = service["path"].text(); path != expected.path)
      differs(path == "/validate/observe" ? Health::warn : Health::fail,
              path == "/validate/observe" ? "only observes: nothing is denied"
                                          : fmt::format("calls {}, not {}", path, expected.path));
    const std::string_view policy = webhook["failurePolicy"].text();
    if (policy != expected.failure_policy) {
      differs(Health::warn,
              policy == "Fail" ? "refuses everything while the webhook is away (failurePolicy Fail)"
                               : "lets everything pass while the webhook is away (failurePolicy)");
    }
    if (webhook["timeoutSeconds"].integer(10) > expected.timeout)
      differs(Health::warn, fmt::format("requests wait up to {} s for the webhook",
                                        webhook["timeoutSeconds"].integer(10)));
    for (const std::string_view system :
         {std::string_view("kube-system"), std::string_view(options_.name_space)}) {
      if (!excludes(webhook, system))
        differs(Health::fail, fmt::format("is asked about namespace \"{}\" too", system));
    }
  }

  void look_at_bundle(const ExpectedWebhook& expected, Node webhook) {
    const auto bundle =
        from_base64(webhook["clientConfig"]["caBundle"].text()).value_or(std::string());
    const auto certificates = describe(bundle);
    const std::string logs = fmt::format(
        "kubectl -n {} logs -l app.kubernetes.io/component=controller", options_.name_space);
    if (!certificates) {
      return add(Health::fail, "registration",
                 fmt::format("{}: has no caBundle yet, so every call fails", expected.name), logs);
    }
    const bool holds = std::any_of(
        certificates->begin(), certificates->end(),
        [&](const CertificateDescription& one) { return one.not_after > options_.now; });
    if (!holds) {
      return add(Health::fail, "registration",
                 fmt::format("{}: everything in its caBundle has expired", expected.name), logs);
    }
    bundles_.push_back({expected.name, std::move(*certificates)});
  }

  void look_at_authority() {
    const auto stored = read_authority(client_, options_.name_space);
    if (!stored && stored.error().not_found())
      return ok("authority", "no Secret: somebody else keeps the certificates");
    if (!stored) return cannot_read("authority", "secrets", stored.error());
    const auto certificates = describe(stored->secret.ca_crt);
    if (!certificates) {
      return add(Health::fail, "authority", "the Secret holds no authority yet",
                 fmt::format("kubectl -n {} logs -l app.kubernetes.io/component=controller",
                             options_.name_space));
    }
    const CertificateDescription& authority = certificates->front();
    for (const auto& [name, bundle] : bundles_) {
      if (std::find(bundle.begin(), bundle.end(), authority) != bundle.end()) continue;
      add(Health::fail, "authority", fmt::format("the caBundle of {} does not hold it", name),
          "the controller writes it; look at its log");
    }
    const auto days = std::chrono::floor<std::chrono::days>(authority.not_after - options_.now);
    const std::string ends = fmt::format("holds for {} days more", days.count());
    if (days > kSoon) return ok("authority", ends);
    add(days.count() < 0 ? Health::fail : Health::warn, "authority",
        days.count() < 0 ? "has expired" : ends, "the controller replaces it; look at its log");
  }

  // The whole way: API server, network, certificate, webhook, and back.
  void try_a_set() {
    constexpr std::string_view kSet =
        R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"stateward-doctor"},)"
        R"("spec":{"replicas":1,"selector":{"matchLabels":{"app":"stateward-doctor"}},)"
        R"("template":{"metadata":{"labels":{"app":"stateward-doctor"}},"spec":{"containers":)"
        R"([{"name":"app","image":"registry.example.com/doctor:1"}]}}}})";
    const auto path = api_path(api::kStatefulSets.resource, options_.try_in);
    if (!path) return add(Health::fail, "dry run", path.error().message, "name a namespace");
    const auto made = client_.post_path(*path + "?dryRun=All", std::string(kSet));
    const std::string where = fmt::format("namespace \"{}\"", options_.try_in);
    if (!made && made.error().status == 500) {
      return add(Health::fail, "dry run", made.error().message,
                 "the API server does not reach the webhook: look at the lines above");
    }
    if (!made) {
      return add(Health::warn, "dry run", made.error().message,
                 "name another namespace with --try-in");
    }
    if (made->node()["spec"]["serviceName"].text() == "stateward-doctor-headless")
      return ok("dry run", fmt::format("a set in {} got its serviceName from the webhook", where));
    add(Health::fail, "dry run",
        fmt::format("a set in {} came back as it was: the webhook was not asked, or not reached",
                    where),
        "look at the lines above; is the namespace left out, or labelled stateward.dev/inject?");
  }

  void look_at_namespaces() {
    std::string guarded;
    std::string relaxed;
    const auto take = [&](std::string_view text) {
      const ReadDocument read = read_json(text, Places::skip);
      if (!read.document) return;
      const Node metadata = read.document->node()["metadata"];
      const Node labels = metadata["labels"];
      const bool relaxes = labels["stateward.dev/enforcement"].text() == "warn";
      const bool guards = labels["stateward.dev/guard"].text() == "strict" && !relaxes;
      std::string& names = relaxes ? relaxed : guarded;
      if (relaxes || guards)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", metadata["name"].text());
    };
    const auto listed = client_.list({.resource = api::kNamespaces.resource}, take, [&] {
      guarded.clear();
      relaxed.clear();
    });
    if (!listed) return cannot_read("namespaces", "namespaces", listed.error());
    ok("if away", guarded.empty()
                      ? "everything passes unchecked: no namespace is guarded"
                      : fmt::format("changes are refused in {}; elsewhere they pass", guarded));
    if (relaxed.empty()) return;
    add(Health::warn, "namespaces", fmt::format("denials are but warnings in {}", relaxed),
        "when that has served: kubectl label namespace NAME stateward.dev/enforcement-");
  }

  ApiClient& client_;
  const CheckupOptions& options_;
  std::vector<Checkup> checkups_;
  bool registered_ = false;  // there is anything that the API server would ask
  std::vector<std::pair<std::string_view, std::vector<CertificateDescription>>> bundles_;
};

}  // namespace

ApiResult<std::vector<Checkup>> check_up(ApiClient& client, const CheckupOptions& options) {
  return Examination(client, options).run();
}

}  // namespace stateward
