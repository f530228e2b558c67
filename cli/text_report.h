// The report for people: place, action, message and policy, the source line with the span
// underlined, the remedy.
#pragma once

#include <ostream>

#include "cli/report.h"

namespace stateward {

class TextReport : public ReportWriter {
 public:
  TextReport(std::ostream& out, bool color) : out_(out), color_(color) {}
  void add(const JudgedSet& set) override;
  void finish(const Summary& summary) override;

 private:
  enum class Style : std::uint8_t { plain, bold, red, yellow, blue, dim };
  std::string styled(Style style, std::string_view text) const;
  void print(const Manifests& manifests, const Finding& finding);
  void print(const Manifests& manifests, const Diagnostic& diagnostic);
  void print_place(std::string_view file, const Span& span);
  void print_source(const Manifests::File& file, const Span& span);

  std::ostream& out_;
  bool color_;
};

}  // namespace stateward
