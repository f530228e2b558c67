// The report for people, as a compiler would print it: place, action, message and policy, the
// source line with the span underlined, the remedy. The same mistake at other places of the set
// follows with a line for each. In a live cluster the place is namespace/Kind/name, and the path
// stands instead of the line. Groups and diagnostics stand in the order of the text they speak of.
// Lists what is skipped and hidden as counts only.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/finding_groups.h"
#include "cli/report.h"

namespace stateward {

class TextReport : public ReportWriter {
 public:
  TextReport(std::ostream& out, bool color) : out_(out), color_(color) {}
  void add(const JudgedSet& set) override;
  void add(const Diagnostic&) override {}
  void finish(const Summary& summary) override;

 private:
  enum class Style : std::uint8_t { plain, bold, red, yellow, blue, dim };

  // Finds lines by their number without counting from the start each time: they are asked for in
  // order.
  class Lines {
   public:
    std::string_view line(const Manifests::File& file, std::uint32_t number);

   private:
    const Manifests::File* file_ = nullptr;
    std::uint32_t number_ = 1;
    std::size_t start_ = 0;
  };

  std::string styled(Style style, std::string_view text) const;
  void print(const JudgedSet& set, const FindingGroup& group);
  void print(const JudgedSet& set, const PlacedFinding& placed);
  void print_other(const JudgedSet& set, const PlacedFinding& placed, const Finding& first);
  void print(const Manifests::File& file, const Diagnostic& diagnostic);
  void print_place(const JudgedSet& set, const PlacedFinding& placed);
  void print_place(std::string_view file, const Span& span);
  void print_source(const Manifests::File& file, const Span& span);
  void print_skipped(const Summary& summary);

  std::ostream& out_;
  bool color_;
  Lines lines_;
};

}  // namespace stateward
