// A merge of sorted streams. "Sorted by namespace" means by the key in etcd, "<namespace>/<name>"
// as bytes: namespace "a-b" comes before "a", as '-' does before '/'. A server that sorts otherwise
// is noticed, for then nothing could be said to be absent.
//
// A page's token lives about five minutes. Who is stopped longer (a report that somebody leafs
// through) is told 410 together with a token to go on with as things are then; the moments of the
// lists differ by that much from there on, and the claims, which are read first, are then the
// newest.

#include "cluster/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "cluster/surveyed_resources.h"
#include "cluster/watched.h"
#include "engine/json_reader.h"

namespace stateward {
namespace {

// "statefulsets.apps", as RBAC and kubectl name it.
std::string name_of(const Resource& resource) {
  return fmt::format("{}{}{}", resource.plural, resource.group.empty() ? "" : ".", resource.group);
}

std::string place_of(std::string_view name_space) {
  return name_space.empty() ? "all namespaces" : fmt::format("namespace \"{}\"", name_space);
}

// Whether the namespace `left` comes before `right` in a list.
bool comes_before(std::string_view left, std::string_view right) {
  const auto common = static_cast<std::ptrdiff_t>(std::min(left.size(), right.size()));
  const auto [l, r] = std::mismatch(left.begin(), left.begin() + common, right.begin());
  const char at_left = l == left.end() ? '/' : *l;
  const char at_right = r == right.end() ? '/' : *r;
  return at_left < at_right;
}

// ReplicaSets of a Deployment, Jobs of a CronJob: what there is to say is said of these.
bool is_copy(const Object& object) {
  return (object.kind == Kind::replica_set || object.kind == Kind::job) &&
         object.controller_kind() != Kind::other;
}

// An object and what it looks into, which stays where it is.
struct Entry {
  Entry(const ApiKind& listed, Compact compact)
      : kept(std::move(compact)),
        object{.kind = listed.kind,
               .api_version = listed.api_version,
               .kind_name = listed.kind_name,
               .name_space = kept.node()["metadata"]["namespace"].text(),
               .name = kept.node()["metadata"]["name"].text(),
               .node = kept.node()} {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  Compact kept;
  Object object;
};
using Entries = std::vector<std::unique_ptr<Entry>>;

std::vector<Object> objects_of(const Entries& entries) {
  std::vector<Object> objects;
  objects.reserve(entries.size());
  for (const auto& entry : entries) objects.push_back(entry->object);
  return objects;
}

// One resource's list, in the order of its namespaces.
class Stream {
 public:
  Stream(ApiClient& client, NamePool& names, const SurveyedResource& surveyed, Selection selection)
      : client_(client),
        names_(names),
        surveyed_(surveyed),
        projection_(projection_of(surveyed)),
        selection_(std::move(selection)) {}

  const SurveyedResource& surveyed() const { return surveyed_; }
  bool ended() const { return page_.empty(); }
  std::string_view name_space() const { return page_.front()->object.name_space; }

  // Reads pages until there is an object, or no page any more.
  ApiResult<void> fill() {
    while (page_.empty() && !complete_) {
      if (auto read = read_page(); !read) return read;
    }
    return {};
  }

  // All of that namespace, which is the next.
  ApiResult<void> take(std::string_view name_space, Entries& out) {
    while (!ended() && this->name_space() == name_space) {
      out.push_back(std::move(page_.front()));
      page_.pop_front();
      if (auto filled = fill(); !filled) return filled;
    }
    return {};
  }

 private:
  ApiResult<void> read_page() {
    bool sorted = true;
    const auto keep = [&](std::string_view text) {
      const ReadDocument read = read_json(text, Places::skip);
      if (!read.document) return;
      auto entry =
          std::make_unique<Entry>(surveyed_, projection_.of(read.document->node(), names_));
      const std::string_view name_space = entry->object.name_space;
      sorted = sorted && !comes_before(name_space, last_);
      last_ = name_space;
      if (!is_copy(entry->object)) page_.push_back(std::move(entry));
    };
    auto next = client_.list_page(selection_, token_, keep);
    if (!next && next.error().expired() && !next.error().resume.empty()) {
      token_ = next.error().resume;
      return {};
    }
    if (!next) return tl::unexpected(next.error());
    if (!sorted) {
      return tl::unexpected(ApiError{
          .message = fmt::format("the API server does not sort {} by namespace; name namespaces",
                                 name_of(surveyed_.resource))});
    }
    token_ = std::move(*next);
    complete_ = token_.empty();
    return {};
  }

  ApiClient& client_;
  NamePool& names_;
  const SurveyedResource& surveyed_;
  Projection projection_;
  Selection selection_;
  std::string token_;
  bool complete_ = false;
  std::string last_;  // namespace that was seen
  std::deque<std::unique_ptr<Entry>> page_;
};

class Survey {
 public:
  Survey(ApiClient& client, const SurveyOptions& options,
         const std::function<void(const SurveyedNamespace&)>& on_namespace,
         const std::function<void(const SurveyGap&)>& on_gap)
      : client_(client), options_(options), on_namespace_(on_namespace), on_gap_(on_gap) {}

  ApiResult<void> run() {
    if (auto read = read_cluster(); !read) return read;
    if (options_.namespaces.empty()) return read_namespaces({});
    for (const std::string& name_space : options_.namespaces) {
      if (auto read = read_namespaces(name_space); !read) return read;
    }
    return {};
  }

 private:
  ApiResult<void> read_cluster() {
    for (const WatchedResource& watched : watched_resources()) {
      if (watched.kind == Kind::volume || watched.kind == Kind::storage_class ||
          (watched.kind == Kind::name_space && reads_all())) {
        if (auto read = read_all_of(watched); !read) return read;
      }
      if (watched.kind != Kind::name_space || reads_all()) continue;
      for (const std::string& name_space : options_.namespaces) {
        if (auto read = read_one(watched, name_space); !read) return read;
      }
    }
    cluster_ =
        std::make_shared<const ObjectSet>(objects_of(of_cluster_), ObjectSet::Coverage::complete);
    return {};
  }

  bool reads_all() const { return options_.namespaces.empty(); }

  void keep_of_cluster(const WatchedResource& watched, Node node) {
    of_cluster_.push_back(std::make_unique<Entry>(
        watched, stateward::projection_of(watched, false).of(node, names_)));
  }

  ApiResult<void> read_all_of(const WatchedResource& watched) {
    const std::size_t before = of_cluster_.size();
    const auto keep = [&](std::string_view text) {
      const ReadDocument read = read_json(text, Places::skip);
      if (read.document) keep_of_cluster(watched, read.document->node());
    };
    const auto listed =
        client_.list({.resource = watched.resource}, keep, [&] { of_cluster_.resize(before); });
    if (listed) return {};
    if (listed.error().status != 403) return tl::unexpected(listed.error());
    // No policy concludes more from their absence than to look at what is there.
    on_gap_({.what = fmt::format("may not list {}: {} not known", name_of(watched.resource),
                                 unknown_without(watched.kind))});
    return {};
  }

  static std::string_view unknown_without(Kind kind) {
    if (kind == Kind::volume) return "which volumes are kept for claims is";
    if (kind == Kind::storage_class) return "when and where volumes are made is";
    return "their labels stateward.dev/guard and enforcement are";
  }

  ApiResult<void> read_one(const WatchedResource& watched, const std::string& name_space) {
    const auto found = client_.get(watched.resource, {}, name_space);
    if (found) {
      keep_of_cluster(watched, found->node());
      return {};
    }
    if (found.error().not_found()) {
      return tl::unexpected(ApiError{
          .status = 404, .message = fmt::format("there is no namespace \"{}\"", name_space)});
    }
    if (found.error().status != 403) return tl::unexpected(found.error());
    on_gap_({.what = fmt::format("may not get namespace \"{}\": its labels stateward.dev/guard and "
                                 "enforcement are not known",
                                 name_space)});
    return {};
  }

  // Everything in one namespace, or (empty) in all.
  ApiResult<void> read_namespaces(const std::string& only) {
    coverage_ = ObjectSet::Coverage::complete;
    auto streams = open(only);
    if (!streams) return tl::unexpected(streams.error());
    while (const Stream* first = first_of(*streams)) {
      const std::string name(first->name_space());
      Entries entries;
      for (const auto& stream : *streams) {
        if (auto taken = stream->take(name, entries); !taken) return taken;
      }
      const auto set =
          std::make_shared<const ObjectSet>(objects_of(entries), ObjectSet::Coverage::complete);
      on_namespace_({.name = name, .set = ObjectSet(set, cluster_, coverage_)});
    }
    return {};
  }

  using Streams = std::vector<std::unique_ptr<Stream>>;

  ApiResult<Streams> open(const std::string& only) {
    Selection selection{.name_space = only};
    for (const std::string& name : only.empty() ? options_.left_out : std::vector<std::string>()) {
      selection.field_selector += fmt::format("{}metadata.namespace!={}",
                                              selection.field_selector.empty() ? "" : ",", name);
    }
    Streams streams;
    for (const SurveyedResource& surveyed : surveyed_resources()) {
      selection.resource = surveyed.resource;
      auto stream = std::make_unique<Stream>(client_, names_, surveyed, selection);
      if (const auto filled = stream->fill()) {
        streams.push_back(std::move(stream));
      } else if (auto passed = pass_over(surveyed, only, filled.error()); !passed) {
        return tl::unexpected(passed.error());
      }
    }
    return streams;
  }

  // A resource that may not be listed; without StatefulSets there is nothing left to look at.
  ApiResult<void> pass_over(const SurveyedResource& surveyed, const std::string& only,
                            const ApiError& error) {
    if (error.status != 403) return tl::unexpected(error);
    const std::string what =
        fmt::format("may not list {} in {}", name_of(surveyed.resource), place_of(only));
    if (surveyed.kind == Kind::stateful_set)
      return tl::unexpected(ApiError{.status = 403, .reason = "Forbidden", .message = what});
    coverage_ = ObjectSet::Coverage::partial;
    on_gap_({.what = what, .makes_partial = true});
    return {};
  }

  static const Stream* first_of(const Streams& streams) {
    const Stream* first = nullptr;
    for (const auto& stream : streams) {
      if (stream->ended()) continue;
      if (first == nullptr || comes_before(stream->name_space(), first->name_space()))
        first = stream.get();
    }
    return first;
  }

  ApiClient& client_;
  const SurveyOptions& options_;
  const std::function<void(const SurveyedNamespace&)>& on_namespace_;
  const std::function<void(const SurveyGap&)>& on_gap_;
  NamePool names_;
  Entries of_cluster_;
  std::shared_ptr<const ObjectSet> cluster_;
  ObjectSet::Coverage coverage_ = ObjectSet::Coverage::complete;
};

}  // namespace

ApiResult<void> survey(ApiClient& client, const SurveyOptions& options,
                       const std::function<void(const SurveyedNamespace&)>& on_namespace,
                       const std::function<void(const SurveyGap&)>& on_gap) {
  return Survey(client, options, on_namespace, on_gap).run();
}

}  // namespace stateward
