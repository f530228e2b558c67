// Keeps an inventory fed: a thread for each resource (and namespace, where only some are watched)
// that lists, watches, and begins anew where it must.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/api_client.h"
#include "cluster/inventory.h"

namespace stateward {

// The inventory of a cluster with the threads that feed it, until it is destroyed.
class Reflectors {
 public:
  // `say` gets one line for each time that a watch begins to fail or works again; it must not
  // block. `namespaces` empty: all.
  Reflectors(std::shared_ptr<CredentialSource> source, Inventory& inventory,
             const std::vector<std::string>& namespaces, std::function<void(std::string_view)> say);
  Reflectors(const Reflectors&) = delete;
  Reflectors& operator=(const Reflectors&) = delete;
  ~Reflectors();

  // How many feeds an inventory of these namespaces has.
  static std::size_t feeds(const std::vector<std::string>& namespaces);

 private:
  class Reflector;
  std::vector<std::unique_ptr<Reflector>> reflectors_;
};

}  // namespace stateward
