// What `validate` has to say, set by set, and the counts at its end. Writers of each format are the
// one seam here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/manifests.h"
#include "engine/evaluate.h"

namespace stateward {

struct Summary {
  std::size_t files = 0;
  std::size_t documents = 0;
  std::size_t ignored = 0;  // kinds nobody judges, and YAML that is no Kubernetes object
  std::size_t objects = 0;  // judged
  std::size_t denied = 0;   // findings by action, the hidden ones among them
  std::size_t warned = 0;
  std::size_t audited = 0;
  std::size_t hidden = 0;  // findings below what is shown
  std::size_t exempted = 0;
  std::size_t unreadable = 0;                       // error diagnostics
  std::map<std::string_view, std::size_t> skipped;  // reason to how many judgements
};

// One set as it was judged; borrowed from the caller. Findings are those to show, sorted by place.
struct JudgedSet {
  const Manifests& manifests;
  std::vector<Finding> findings;
  std::vector<Skipped> skipped;
};

// The place where a finding is printed, and its file.
struct Located {
  const Manifests::File* file = nullptr;
  Span span;
};
Located locate_finding(const Manifests& manifests, const Finding& finding);

class ReportWriter {
 public:
  ReportWriter() = default;
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;
  virtual ~ReportWriter() = default;
  virtual void add(const JudgedSet& set) = 0;
  virtual void finish(const Summary& summary) = 0;
};

}  // namespace stateward
