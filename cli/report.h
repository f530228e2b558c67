// What `validate` and `audit` have to say, set by set, and the counts at its end. Writers of each
// format are the one seam here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/manifests.h"
#include "engine/decide.h"
#include "engine/evaluate.h"

namespace stateward {

// Why policies that look at other objects are skipped for Manifests::judged_alone.
inline constexpr std::string_view kJudgedAlone =
    "judged without others, for one of the same kind, namespace and name stands already";

// What formats that have no place for diagnostics call those of severity error, beside the
// policies.
inline constexpr std::string_view kUnreadable = "unreadable-document";

struct Summary {
  struct ById {
    bool operator()(const Policy* left, const Policy* right) const { return left->id < right->id; }
  };
  struct SkippedCount {
    std::map<const Policy*, std::size_t, ById> policies;  // and on how many objects each
    std::size_t judgements = 0;                           // a policy on an object
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
  std::size_t known = 0;       // in the baseline, and not counted or shown besides
  std::size_t implied = 0;     // follow from others, and are not counted or shown besides
  std::size_t unreadable = 0;  // error diagnostics
  std::map<std::string_view, SkippedCount> skipped;  // by reason
  bool broken_off = false;                           // something stopped us before the end
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
  std::vector<const Object*> objects;   // those that were judged, by file or name
  std::vector<PlacedFinding> findings;  // those to show, by file or object, place and policy
};

// The file that `object` stands in; empty in a live cluster.
std::string_view file_of(const JudgedSet& set, const Object& object);
// The template that a renderer says it made the object from; empty where none does.
std::string_view template_of(const JudgedSet& set, const Object& object);
// Where a tool should point to that shows findings in a repository: the file, or the template that
// standard input was rendered from, of which no line is known. In a live cluster the full name.
struct RepositoryPlace {
  std::string path;
  Span span;
  std::uint32_t rendered_line = 0;  // in standard input, where the template is named instead
};
RepositoryPlace repository_place(const JudgedSet& set, const PlacedFinding& placed);
// "shop/StatefulSet/web", where no file is.
std::string full_name(const Object& object);
// "StatefulSet web", where one is.
std::string short_name(const Object& object);
// "exempt: moves soon (storage, until 2027-01-31)".
std::string exempt_text(const Exemption& exemption);
// "1 object", "2 objects".
std::string counted(std::size_t count, std::string_view one, std::string_view many);
// "2 objects in 1 file: 1 denied, 1 warning, 0 audited", and what else there was to count.
std::string sum_of(const Summary& summary);

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
