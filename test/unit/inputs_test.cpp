#include "cli/inputs.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

namespace fs = std::filesystem;

// The sets as "a.yaml b.yaml | sub/c.yaml", names below `folder`.
std::string sets_of(const TempFolder& folder, const std::vector<std::string>& arguments,
                    Scope scope = Scope::folder) {
  std::vector<std::string> paths;
  for (const std::string& argument : arguments)
    paths.push_back(argument == "-" ? argument : (folder.path() / argument).string());
  const auto sets = find_inputs(paths, scope);
  if (!sets) return sets.error().message;
  std::string text;
  for (const InputSet& set : *sets) {
    if (!text.empty()) text += " | ";
    for (const InputFile& file : set) {
      if (&file != &set.front()) text += ' ';
      const bool below = file.name.starts_with(folder.path().string() + "/");
      text += below ? file.name.substr(folder.path().string().size() + 1) : file.name;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("a folder's own files make a set, its subfolders others, and nothing hidden is read") {
  const TempFolder folder;
  for (const char* name :
       {"b.yaml", "a.yml", "c.json", "notes.txt", "sub/x.yaml", "sub/deep/y.yaml", ".git/z.yaml",
        ".hidden.yaml", "sub.yaml/k.yaml", "Chart.YAML"})
    folder.write(name);
  CHECK(sets_of(folder, {""}) ==
        "a.yml b.yaml c.json | sub.yaml/k.yaml | sub/x.yaml | sub/deep/y.yaml");
  CHECK(sets_of(folder, {""}, Scope::input) ==
        "a.yml b.yaml c.json sub.yaml/k.yaml sub/deep/y.yaml sub/x.yaml");
  CHECK(sets_of(folder, {"sub"}, Scope::file) == "sub/x.yaml | sub/deep/y.yaml");
}

TEST_CASE("files given by name join their folder's set, however they are spelled, and once") {
  const TempFolder folder;
  for (const char* name : {"a.yaml", "b.txt", "sub/c.yaml"}) folder.write(name);
  CHECK(sets_of(folder, {"b.txt", "a.yaml"}) == "a.yaml b.txt");
  CHECK(sets_of(folder, {"a.yaml", "sub/../a.yaml", "", "sub/c.yaml"}) == "a.yaml | sub/c.yaml");
  CHECK(sets_of(folder, {"sub/../b.txt", "a.yaml"}) == "a.yaml sub/../b.txt");
  CHECK(sets_of(folder, {"-", "a.yaml", "-"}) == "<stdin> | a.yaml");
  CHECK(sets_of(folder, {"-", "a.yaml"}, Scope::input) == "a.yaml <stdin>");
}

TEST_CASE("loops of links end, and a folder is known by its own name first") {
  const TempFolder folder;
  folder.write("real/a.yaml");
  folder.write("elsewhere/b.yaml");
  fs::create_directory_symlink(folder.path(), folder.path() / "real" / "loop");
  fs::create_directory_symlink(folder.path() / "real", folder.path() / "again");
  fs::create_directory_symlink(folder.path() / "elsewhere", folder.path() / "real" / "linked");
  fs::create_symlink(folder.path() / "elsewhere" / "b.yaml", folder.path() / "real" / "c.yaml");
  CHECK(sets_of(folder, {""}) == "elsewhere/b.yaml | real/a.yaml real/c.yaml");
  CHECK(sets_of(folder, {"real/linked"}) == "real/linked/b.yaml");
  fs::remove_all(folder.path() / "real" / "loop");
  CHECK(sets_of(folder, {"real"}) == "real/a.yaml real/c.yaml | real/linked/b.yaml");
}

TEST_CASE("an argument that is not there is an error that names it") {
  const TempFolder folder;
  folder.write("a.yaml");
  CHECK(sets_of(folder, {"a.yaml", "b.yaml"}) ==
        "cannot open " + (folder.path() / "b.yaml").string() + ": No such file or directory");
  CHECK(find_inputs({""}, Scope::folder).error().message ==
        "cannot open \"\": No such file or directory");
}

TEST_CASE("a link that leads nowhere is left to reading, which says why") {
  const TempFolder folder;
  fs::create_symlink(folder.path() / "gone", folder.path() / "a.yaml");
  const auto sets = find_inputs({folder.path().string()}, Scope::folder);
  REQUIRE(sets);
  REQUIRE(sets->size() == 1);
  CHECK(read_input(sets->front().front()).error().message == "No such file or directory");
}

TEST_CASE("files are read whole, up to 64 MiB") {
  const TempFolder folder;
  const auto read = [](const fs::path& path) { return read_input({path.string(), path}); };
  CHECK(read(folder.write("empty.yaml", "")).value() == "");
  const std::string text(200'000, 'x');
  CHECK(read(folder.write("some.yaml", text)).value() == text);
  const fs::path large = folder.write("large.yaml", "");
  fs::resize_file(large, std::uintmax_t{64} << 20);
  CHECK(read(large).value().size() == std::size_t{64} << 20);
  fs::resize_file(large, (std::uintmax_t{64} << 20) + 1);
  CHECK(read(large).error().message == "larger than 64 MiB; split it");
  CHECK(read("/dev/zero").error().message == "larger than 64 MiB; split it");
  CHECK(read(folder.path()).error().message == "Is a directory");
}

TEST_CASE("files are named relative to where the command runs, if they are below that") {
  const TempFolder folder;
  folder.write("sub/a.yaml");
  folder.write("b.yaml");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  const auto name = [](const std::string& argument) {
    return find_inputs({argument}, Scope::folder).value().front().front().name;
  };
  CHECK(name(folder.path() / "sub") == "sub/a.yaml");
  CHECK(name(folder.path() / "sub/a.yaml") == "sub/a.yaml");
  CHECK(name("./sub//a.yaml") == "sub/a.yaml");
  CHECK(name("sub/./") == "sub/a.yaml");
  CHECK(name("sub/../b.yaml") == "sub/../b.yaml");
  fs::current_path(folder.path() / "sub");
  CHECK(name(folder.path() / "b.yaml") == (folder.path() / "b.yaml").string());
  CHECK(name("../b.yaml") == "../b.yaml");
  fs::current_path(before);
}
