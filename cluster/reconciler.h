// Brings one namespace to what its sets ask for: governing Services, the labels of claims, and
// budgets where they are wanted. What it does follows from what is there, never from what it did
// before, so a restart is a no-op.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cluster/api_client.h"
#include "cluster/governing_service.h"
#include "engine/object_set.h"

namespace stateward {

class Settings;

struct ReconcilerOptions {
  bool disruption_budgets = false;  // make a PodDisruptionBudget for sets that none covers
};

// Used by one thread.
class Reconciler {
 public:
  // `may_act` is asked before every write; `say` gets a line for each thing that was done, and must
  // not block.
  Reconciler(ApiClient& client, ReconcilerOptions options, std::function<bool()> may_act,
             std::function<void(std::string_view)> say)
      : client_(client), options_(options), may_act_(std::move(may_act)), say_(std::move(say)) {}

  struct Outcome {
    bool failed = false;                                 // try again
    std::optional<std::chrono::sys_seconds> look_again;  // something is due then
  };
  // `set` must be complete.
  // `settings`, where there are any, take away what is made.
  Outcome reconcile(const std::string& name_space, const ObjectSet& set,
                    std::chrono::sys_seconds now, const Settings* settings = nullptr);

 private:
  bool govern_by(const ServiceStep& step, const std::string& name_space,
                 std::chrono::sys_seconds now);
  bool create_service(const ServiceStep& step, const std::string& name_space,
                      std::chrono::sys_seconds now);
  bool update_service(const ServiceStep& step, const std::string& name_space);
  bool label_claims(const std::string& name_space, const ObjectSet& set, const Settings* settings);
  bool keep_budgets(const std::string& name_space, const ObjectSet& set, const Settings* settings);
  void tell(const ServiceStep& step, std::string_view reason, std::string_view message,
            const std::string& name_space, std::chrono::sys_seconds now);
  bool done(const ApiResult<void>& result, std::string_view what);
  template <typename T>
  bool done(const ApiResult<T>& result, std::string_view what);

  ApiClient& client_;
  const ReconcilerOptions options_;
  const std::function<bool()> may_act_;
  const std::function<void(std::string_view)> say_;
  std::set<std::string> told_;  // names of the Events that were sent
};

}  // namespace stateward
