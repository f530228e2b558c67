#include "cli/report_output.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "test/unit/temp_folder.h"

using namespace stateward;

namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t entries(const TempFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

}  // namespace

TEST_CASE("a file is there as a whole once it is kept, and until then as it was") {
  const TempFolder folder;
  const auto path = folder.write("report.json", "old");
  chmod(path.c_str(), 0640);
  {
    const auto file = WholeFile::open(path);
    REQUIRE(file);
    (*file)->out() << "new";
    (*file)->out().flush();
    CHECK(content(path) == "old");
    CHECK((*file)->keep());
  }
  CHECK(content(path) == "new");
  CHECK(entries(folder) == 1);
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640);
}

TEST_CASE("of a file that is not kept nothing is left") {
  const TempFolder folder;
  {
    const auto file = WholeFile::open(folder.path() / "report.json");
    REQUIRE(file);
    (*file)->out() << "half";
  }
  CHECK(entries(folder) == 0);
}

TEST_CASE("a link stays one, and what it leads to is written") {
  const TempFolder folder;
  const auto target = folder.write("there/report.json", "old");
  std::filesystem::create_symlink(target, folder.path() / "link.json");
  const auto file = WholeFile::open(folder.path() / "link.json");
  REQUIRE(file);
  (*file)->out() << "new";
  CHECK((*file)->keep());
  CHECK(std::filesystem::is_symlink(folder.path() / "link.json"));
  CHECK(content(target) == "new");
}

TEST_CASE("what is no file is written to as it is") {
  const auto file = WholeFile::open("/dev/null");
  REQUIRE(file);
  (*file)->out() << "text";
  CHECK((*file)->keep());
  CHECK_FALSE(std::filesystem::is_regular_file("/dev/null"));
}

TEST_CASE("what cannot be written is named, with the reason") {
  const TempFolder folder;
  const auto why = [](const std::string& path) {
    const auto file = WholeFile::open(path);
    return file ? std::string() : file.error().message;
  };
  const std::string there = folder.path();
  CHECK(why(there) == "cannot write " + there + ": Is a directory");
  CHECK(why(there + "/none/a") == "cannot write " + there + "/none/a: No such file or directory");
  const auto full = WholeFile::open("/dev/full");
  REQUIRE(full);
  (*full)->out() << "text";
  const auto kept = (*full)->keep();
  REQUIRE_FALSE(kept);
  CHECK(kept.error().message == "cannot write /dev/full: No space left on device");
}
