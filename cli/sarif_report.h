// SARIF 2.1.0 (OASIS), with what GitHub's code scanning asks for: every policy that judged as a
// rule with its help, each finding a result with its region, and fingerprints that outlive moved
// lines. Exempted findings are suppressed results; documents that cannot be read are results of a
// rule of their own; notes are notifications. In a live cluster an object's full name is its
// logical location, and there is no physical one. Results are written as they come.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/json_text.h"
#include "cli/report.h"

namespace stateward {

class SarifReport : public ReportWriter {
 public:
  SarifReport(std::ostream& out, std::span<const Policy* const> policies);
  void add(const JudgedSet& set) override;
  void add(const Diagnostic& diagnostic) override;
  void finish(const Summary& summary) override;

 private:
  // Of the lines of one file, made when first asked for.
  class Hashes {
   public:
    std::string of(const Manifests::File& file, std::uint32_t line);

   private:
    const Manifests::File* file_ = nullptr;
    std::vector<std::string> lines_;
  };

  void add(const JudgedSet& set, const PlacedFinding& placed, const std::string& known_by,
           Hashes& hashes);
  void add_unreadable(const Manifests::File& file, const Diagnostic& diagnostic,
                      const std::string& known_by, Hashes& hashes);
  void write(const ReportJson& result);

  std::ostream& out_;
  std::unordered_map<const Policy*, std::size_t> rules_;
  bool first_ = true;
  std::string notifications_;  // as JSON already; they come behind the results
};

}  // namespace stateward
