// The catalogue as Markdown: what `explain -o markdown` prints, what docs/policies/ holds, and the
// help in SARIF reports.
#pragma once

#include <string>
#include <string_view>

#include "cli/topic.h"
#include "engine/result.h"

namespace stateward {

// A page, from its title on.
std::string markdown_page(const Topic& topic);
// Of a page what stands below its title.
std::string markdown_body(const Topic& topic);

// The list of all policies, by section and by severity, and of the injections, with links to their
// pages.
std::string markdown_index();

// Writes README.md and a page for each policy and injection into `folder`, which is made where it
// is missing, and takes away pages that it wrote for what is no more. Other files stay.
Result<void> write_pages(const std::string& folder);

}  // namespace stateward
