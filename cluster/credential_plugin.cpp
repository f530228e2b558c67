// Running a program and reading what it prints, without a shell: posix_spawn, one pipe, a deadline.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <string_view>
#include <system_error>

#include "cluster/credentials.h"
#include "engine/json_writer.h"

extern char** environ;

namespace stateward {
namespace {

constexpr std::chrono::seconds kDeadline{60};
constexpr std::size_t kLargestOutput = 1 << 20;

std::string exec_info(const CredentialPlugin& plugin) {
  std::string json;
  JsonWriter out(json);
  out.begin_object().key("apiVersion").string(plugin.api_version);
  out.key("kind").string("ExecCredential").key("spec").begin_object();
  out.key("interactive").boolean(false).end_object().end_object();
  return json;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Ours, but for what the plugin is to get otherwise: of a name that comes twice it sees the first.
std::vector<std::string> environment_of(const CredentialPlugin& plugin) {
  std::map<std::string, std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = std::min(text.find('='), text.size());
    variables.emplace(text.substr(0, equals), text.substr(equals));
  }
  for (const auto& [name, value] : plugin.environment) variables[name] = "=" + value;
  variables["KUBERNETES_EXEC_INFO"] = "=" + exec_info(plugin);
  std::vector<std::string> all;
  for (const auto& [name, value] : variables) all.push_back(name + value);
  return all;
}

// Everything until the end, the deadline or too much of it; false where it was not the end.
bool read_all(int pipe, std::string& text) {
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  char buffer[4096];
  while (text.size() < kLargestOutput) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
    if (left.count() <= 0) return false;
    const int polled = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return false;
    const ssize_t size = ::read(pipe, buffer, sizeof(buffer));
    if (size == 0) return true;
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
  }
  return false;
}

}  // namespace

Result<std::string> run_plugin(const CredentialPlugin& plugin) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail("no pipe can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  // Signals that we block must reach the plugin.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> arguments = {plugin.command};
  arguments.insert(arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<std::string> environment = environment_of(plugin);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, plugin.command.c_str(), &actions, &attributes,
                                   pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(ends[1]);
  std::string text;
  const bool whole = error == 0 && read_all(ends[0], text);
  ::close(ends[0]);
  if (error != 0) {
    return fail(fmt::format("credential plugin {}: {}{}{}", plugin.command,
                            std::generic_category().message(error),
                            plugin.install_hint.empty() ? "" : "; ", plugin.install_hint));
  }
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole)
    return fail(fmt::format("credential plugin {}: gave no whole answer", plugin.command));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(fmt::format("credential plugin {}: failed", plugin.command));
  return text;
}

}  // namespace stateward
