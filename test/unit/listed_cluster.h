// A small API server over HTTP on loopback: lists in the order of their keys, page by page, and
// single objects. What it is asked is kept.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "cluster/credentials.h"

namespace stateward {

class ListedCluster {
 public:
  ListedCluster();
  ListedCluster(const ListedCluster&) = delete;
  ListedCluster& operator=(const ListedCluster&) = delete;
  ~ListedCluster();

  // An object as the API would store it; the path of its collection follows from its kind.
  void add(nlohmann::json object);
  void clear();

  std::shared_ptr<CredentialSource> source() const;

  // To be set before it is asked.
  std::size_t page = 2;                    // objects on a page, whatever the client wants
  std::set<std::string> forbidden;         // plurals that nobody may list or get
  bool expires = false;                    // every token is too old once, and another is offered
  bool sorts = true;                       // by key; otherwise as they were added
  std::vector<std::string> asked() const;  // targets, in order

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace stateward
