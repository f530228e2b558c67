// One file, judged by hand: what report writers get.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/report.h"

namespace stateward {

inline constexpr Policy kBadName{.id = "bad-name",
                                 .section = "test",
                                 .severity = Severity::high,
                                 .action = EnforcementAction::deny,
                                 .summary = "A name is bad.",
                                 .reason = "Nobody can say it.",
                                 .remedy = "rename it"};

class JudgedFixture {
 public:
  explicit JudgedFixture(const std::string& text, const std::string& name = "dir/a.yaml");
  // The same objects in a live cluster.
  JudgedFixture& in_a_cluster();

  const Object& object(std::size_t index = 0) const { return *judged_.objects.at(index); }
  Finding& find(const Path& path, const std::string& message = "it is bad", std::size_t object = 0);
  void trouble(Diagnostic::Severity severity, const Span& span, const std::string& message);

  Manifests& manifests() { return manifests_; }
  JudgedSet& judged() { return judged_; }

  // What a writer of this kind makes of it.
  template <typename Writer, typename... Arguments>
  std::string written(const Summary& summary, const Arguments&... arguments) const {
    std::ostringstream out;
    Writer writer(out, arguments...);
    writer.add(judged_);
    writer.finish(summary);
    return out.str();
  }
  std::string text(bool color = false) const;
  nlohmann::json json(const Summary& summary = {}) const;
  nlohmann::json sarif(const Summary& summary = {}) const;
  nlohmann::json gitlab() const;

 private:
  Manifests manifests_;
  JudgedSet judged_{.manifests = &manifests_};
};

}  // namespace stateward
