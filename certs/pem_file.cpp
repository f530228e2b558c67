#include "certs/pem_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "certs/pem.h"

namespace stateward {
namespace {

// A chain of ten RSA certificates has 20 KiB.
constexpr std::size_t kLargestFile = 1 << 20;

std::string reason_of(int error) { return std::generic_category().message(error); }

}  // namespace

Result<std::string> read_pem_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, Freed<std::fclose>> file(std::fopen(path.c_str(), "rb"));
  if (!file) return fail(fmt::format("{}: {}", path.string(), reason_of(errno)));
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return fail(fmt::format("{}: {}", path.string(), reason_of(errno)));
  if (text.size() > kLargestFile)
    return fail(fmt::format("{}: larger than 1 MiB, so no PEM file", path.string()));
  return text;
}

}  // namespace stateward
