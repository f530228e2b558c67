#include "cli/serving_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

#include "certs/pem_file.h"
#include "cli/safe_text.h"

namespace stateward {

Result<ServingFiles> ServingFiles::open(const std::filesystem::path& chain,
                                        const std::filesystem::path& key,
                                        std::chrono::sys_seconds now, ServingIdentity& identity) {
  auto read = load_identity(chain, key, now);
  if (!read) return tl::unexpected(read.error());
  if (const auto shown = identity.replace(*read); !shown)
    return fail(fmt::format("{}: {}", chain.string(), shown.error().message));
  return ServingFiles(IdentityFiles(chain, key, std::move(*read)));
}

void ServingFiles::reread(std::chrono::sys_seconds now, ServingIdentity& identity, Log& log) {
  const auto read = files_.look(now);
  if (!read) return;
  const Result<void> shown = *read ? identity.replace(**read) : tl::unexpected(read->error());
  if (shown) {
    log.info(fmt::format("a new certificate is served, until {:%Y-%m-%dT%H:%M:%SZ}",
                         (*read)->not_after));
  } else {
    log.error(fmt::format("the last certificate stays in use, until {:%Y-%m-%dT%H:%M:%SZ}: {}",
                          identity.expires().value_or(now), safe_text(shown.error().message)));
  }
}

Result<ClientAuthority> ClientAuthority::open(const std::filesystem::path& path,
                                              const std::string& name, ServingIdentity& identity) {
  ClientAuthority opened(path, name);
  if (const auto used = opened.use(identity); !used) return tl::unexpected(used.error());
  return opened;
}

Result<bool> ClientAuthority::use(ServingIdentity& identity) {
  auto text = read_pem_file(path_);
  if (!text) return tl::unexpected(text.error());
  if (*text == used_) return false;
  if (const auto required = identity.require_clients(*text, name_); !required) {
    return fail(fmt::format("{}: {}; give the certificates of the clients' authorities as PEM",
                            path_.string(), required.error().message));
  }
  used_ = std::move(*text);
  return true;
}

void ClientAuthority::reread(ServingIdentity& identity, Log& log) {
  const auto used = use(identity);
  if (used) {
    problem_.is_over();
    if (*used) log.info("new authorities of clients are in use");
  } else if (problem_.is_news(used.error().message)) {
    log.error(fmt::format("the last authorities of clients stay in use: {}",
                          safe_text(used.error().message)));
  }
}

}  // namespace stateward
