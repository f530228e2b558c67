// All that stands in a live cluster, namespace by namespace, for who judges it. The lists of all
// resources are read side by side, page by page: the API server sorts each by namespace, so the
// namespaces come one after another, and no more is held than the largest of them and one page of
// each list. All first pages are read at once, and later ones show the moment of the first, so that
// every namespace is seen as it was in one moment.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/api_client.h"
#include "engine/object_set.h"

namespace stateward {

struct SurveyOptions {
  std::vector<std::string> namespaces;  // only these, in this order; empty: all
  std::vector<std::string> left_out;    // of all
};

// The objects of one namespace, and with them those of the cluster that policies look up:
// Namespaces, PersistentVolumes and StorageClasses. Complete unless some of its resources may not
// be listed. Of objects that a listed workload controls and that are but its copies (ReplicaSets of
// a Deployment) there are none.
struct SurveyedNamespace {
  std::string_view name;
  const ObjectSet& set;
};

// What the identity may not do, as one clause: "may not list pods in namespace "x"".
struct SurveyGap {
  std::string what;
  bool makes_partial = false;  // nothing is concluded from what is absent there
};

// Calls `on_namespace` for each namespace that holds anything; what it is given lives as long as
// the call. `on_gap` is called before the namespaces that it is about. An error where the API
// server does not answer, StatefulSets may not be listed, or a namespace asked for is not there;
// what was judged till then is right.
ApiResult<void> survey(ApiClient& client, const SurveyOptions& options,
                       const std::function<void(const SurveyedNamespace&)>& on_namespace,
                       const std::function<void(const SurveyGap&)>& on_gap);

}  // namespace stateward
