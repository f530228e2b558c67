// What is known of a cluster: its objects as policies need them, fed by watches, read by admission
// as immutable sets. Thread safe; a reader never waits for a writer that does more than swap a
// pointer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cluster/watched.h"
#include "engine/object_set.h"

namespace stateward {

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

class Inventory {
 public:
  // Without word from a watch for longer than this its objects are not relied upon. Bookmarks come
  // about once a minute.
  static constexpr std::chrono::seconds kStale{150};

  // `feeds`: how many watches must have delivered all their objects before the inventory is whole.
  Inventory(std::size_t feeds, SteadyClock now);
  Inventory(const Inventory&) = delete;
  Inventory& operator=(const Inventory&) = delete;

  // What is known of one namespace and of the cluster. Complete where the inventory is synced: then
  // what is absent was absent a moment ago.
  ObjectSet view(std::string_view name_space) const;
  // Whether every feed has delivered once, and none has been silent for long.
  bool synced() const;
  // Whether every feed has delivered once, however long ago: what readiness asks for.
  bool filled() const;
  // Since when the most silent feed has said nothing.
  std::chrono::seconds staleness() const;
  bool knows(Kind kind, std::string_view name_space, std::string_view name) const;
  std::size_t size() const;
  std::vector<std::string> namespaces() const;  // in which there is anything, sorted

  // Called after the objects of a namespace (empty: of the cluster) have changed, by the thread
  // that changed them. To be set before feeding begins.
  void on_change(std::function<void(const std::string& name_space)> changed) {
    changed_ = std::move(changed);
  }

  // One watch: one resource, in one namespace or all. Used by one thread at a time.
  class Feed {
   public:
    // `number` from 0 up to `feeds`, each once.
    Feed(Inventory& inventory, const WatchedResource& resource, std::size_t number);
    // A list begins: what it does not hold is gone when it ends.
    void begin_list();
    void end_list();
    void put(Node object);
    void remove(Node object);
    // The watch gave a sign of life.
    void heard();

   private:
    Object identify(Node object) const;
    std::shared_ptr<const Object> keep(Node object) const;

    Inventory& inventory_;
    const WatchedResource& resource_;
    Projection projection_;
    Projection more_projection_;  // of those that has_more() is true of
    std::uint32_t number_;
    std::uint32_t generation_ = 0;
    bool listing_ = false;
  };

 private:
  struct Slot {
    std::shared_ptr<const Object> object;  // in one block with what it looks into
    std::uint32_t feed = 0;
    std::uint32_t generation = 0;  // of the list it was last seen in
  };
  using Slots = std::vector<Slot>;  // by kind and name
  struct Space {
    // What was published lives on in sets that readers hold, and is copied before it is changed.
    std::shared_ptr<Slots> slots = std::make_shared<Slots>();
    bool changed = false;  // since it was last published
    Slots& to_change();
  };
  struct Heard {
    bool listed = false;
    std::chrono::steady_clock::time_point at;
  };
  using Spaces = std::unordered_map<std::string, Space>;

  // The namespace's name as a text that lives as long as the inventory.
  std::string_view name_of_space(std::string_view name_space);
  void put(Slot slot, bool publish_now);
  void remove(const Object& object, bool publish_now);
  void drop(const std::string& name_space, Space& space,
            const std::function<bool(const Slot&)>& gone, bool publish_now);
  void drop_older(std::uint32_t feed, std::uint32_t generation);
  void publish(const std::string& name_space, Space& space);
  void heard(std::size_t feed, bool listed);
  std::shared_ptr<const ObjectSet> set_of(const std::string& name_space) const;

  const SteadyClock now_;
  NamePool names_;
  std::function<void(const std::string&)> changed_;
  std::mutex writing_;          // guards spaces_
  Spaces spaces_;               // by namespace; "" is the cluster
  mutable std::mutex reading_;  // guards what follows; held to copy or swap a pointer, no longer
  std::unordered_map<std::string, std::shared_ptr<const ObjectSet>> sets_;
  std::size_t objects_ = 0;  // in all of them
  std::vector<Heard> feeds_;
};

}  // namespace stateward
