// What `validate` and `audit` have to say, set by set, and the counts at its end. Writers of each
// format are the one seam here.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "cli/manifests.h"
#include "engine/decide.h"
#include "engine/evaluate.h"

namespace stateward {

// Why policies that look at other objects are skipped for Manifests::judged_alone.
inline constexpr std::string_view kJudgedAlone =
    "it looks at other objects, and one of the same kind, namespace and name stands already";

struct Summary {
  struct SkippedCount {
    std::set<const Policy*> policies;
    std::size_t judgements = 0;  // a policy on an object
  };

  std::optional<std::size_t> namespaces;  // of a cluster, with objects; none: files were judged
  std::size_t files = 0;
  std::size_t documents = 0;
  std::size_t ignored = 0;  // kinds nobody judges, and YAML that is no Kubernetes object
  std::size_t objects = 0;  // judged
  std::size_t denied = 0;   // findings by action, the hidden ones among them
  std::size_t warned = 0;
  std::size_t audited = 0;
  std::size_t hidden = 0;  // findings below what is shown
  std::size_t exempted = 0;
  std::size_t unreadable = 0;                        // error diagnostics
  std::map<std::string_view, SkippedCount> skipped;  // by reason
};

// A finding and where it stands in its file.
struct PlacedFinding {
  Finding finding;
  Span place;  // unknown in a live cluster
};

// One set as it was judged; borrowed from the caller.
struct JudgedSet {
  const Manifests* manifests = nullptr;  // none: the objects live in a cluster
  Enforcement enforcement = Enforcement::policy;
  std::vector<PlacedFinding> findings;  // those to show, by file or object, place and policy
  std::vector<Skipped> skipped;
};

class ReportWriter {
 public:
  ReportWriter() = default;
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;
  virtual ~ReportWriter() = default;
  virtual void add(const JudgedSet& set) = 0;
  // Trouble that belongs to no file; it was said on standard error already.
  virtual void add(const Diagnostic& diagnostic) = 0;
  virtual void finish(const Summary& summary) = 0;
};

}  // namespace stateward
