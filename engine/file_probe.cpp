#include "engine/file_probe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace stateward {
namespace {

using Words = std::vector<std::string_view>;

template <std::size_t N>
bool among(const std::array<std::string_view, N>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

constexpr std::array<std::string_view, 4> kShells = {"sh", "bash", "ash", "dash"};
constexpr std::array<std::string_view, 3> kLookers = {"ls", "cat", "stat"};
constexpr std::array<std::string_view, 2> kBlind = {"true", "echo"};
constexpr std::array<std::string_view, 9> kFileTests = {"-d", "-e", "-f", "-h", "-L",
                                                        "-r", "-s", "-w", "-x"};
// The kubelet fills them before it starts a container.
constexpr std::array<std::string_view, 4> kFilled = {"configMap", "secret", "projected",
                                                     "downwardAPI"};
// Of the image and the kernel; not /dev and /run, where processes leave word.
constexpr std::array<std::string_view, 6> kSystem = {"/bin",  "/etc", "/proc",
                                                     "/sbin", "/sys", "/usr/bin"};

std::string_view program(std::string_view word) { return word.substr(word.rfind('/') + 1); }

// A line of nothing but plain words; none where a shell would do more than split it.
Words plain_words(std::string_view line) {
  if (line.find_first_of("|&;<>$()`\"'*?~!{}\\#\n") != std::string_view::npos) return {};
  Words words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

Words words_of(const Probe& probe) {
  Words words;
  for (const Node word : probe.node["exec"]["command"].items()) words.push_back(word.text());
  const bool in_shell = words.size() == 3 && among(kShells, program(words[0])) &&
                        words[1].starts_with('-') && words[1].ends_with('c');
  return in_shell ? plain_words(words[2]) : words;
}

// What the command looks at; nullopt where it may do something else.
std::optional<Words> looked_at(Words words) {
  constexpr std::size_t kMostWords = 64;  // each is looked for among all mounts
  if (words.empty() || words.size() > kMostWords) return std::nullopt;
  const std::string_view name = program(words.front());
  words.erase(words.begin());
  if (among(kBlind, name)) return Words{};
  if (among(kLookers, name)) {
    std::erase_if(words, [](std::string_view word) { return word.starts_with('-'); });
    return words;
  }
  if (name == "[" && !words.empty() && words.back() == "]")
    words.pop_back();
  else if (name != "test")
    return std::nullopt;
  if (words.size() != 2 || !among(kFileTests, words[0])) return std::nullopt;
  return Words{words[1]};
}

bool is_filled(const PodSpec& pod, std::string_view volume) {
  const auto volumes = pod.volumes().items();
  return std::any_of(volumes.begin(), volumes.end(), [&](Node one) {
    return one["name"].text() == volume &&
           std::any_of(kFilled.begin(), kFilled.end(),
                       [&](std::string_view source) { return one[source].exists(); });
  });
}

bool stands(const PodSpec& pod, const Container& container, std::string_view place) {
  while (place.size() > 1 && place.ends_with('/')) place.remove_suffix(1);
  const std::optional<VolumeUse> mount = mount_under(container, place);
  if (!mount) {
    return place == "/" ||
           std::any_of(kSystem.begin(), kSystem.end(), [&](std::string_view folder) {
             return place.starts_with(folder) &&
                    (place.size() == folder.size() || place[folder.size()] == '/');
           });
  }
  std::string_view folder = mount->node["mountPath"].text();
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  const bool whole = !mount->node["subPath"].exists() && !mount->node["subPathExpr"].exists();
  return place == folder || is_filled(pod, mount->name) ||
         (whole && place.substr(folder.size()) == "/lost+found");
}

}  // namespace

bool asks_for_standing_files(const PodSpec& pod, const Container& container, const Probe& probe) {
  const std::optional<Words> files = looked_at(words_of(probe));
  return files && std::all_of(files->begin(), files->end(), [&](std::string_view place) {
           return stands(pod, container, place);
         });
}

}  // namespace stateward
