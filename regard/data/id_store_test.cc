#include "regard/data/id_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <csignal>

#include <filesystem>
#include <vector>

#include "regard/base/error.h"
#include "regard/base/random.h"
#include "tests/support/scratch_folder.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

class IdStoreTest : public testing::Test {
 protected:
  testing_support::ScratchFolder folder_;
};

// More than the buffer holds, read in pieces that lie in the file, in the buffer, and in both.
TEST_F(IdStoreTest, GivesBackWhatWasAppended) {
  for (const std::int64_t vocabulary : {65536, 65537}) {
    const auto file = ids_in_file(folder_, vocabulary), memory = ids_in_memory();
    EXPECT_TRUE(fs::is_empty(folder_)) << "the file has no name";
    RandomStream random({4});
    Ids all;
    while (all.size() < 1000000) {
      Ids part(random.below(3000));
      for (std::int32_t& id : part)
        id = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocabulary)));
      file->append(part);
      memory->append(part);
      all.insert(all.end(), part.begin(), part.end());
    }
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t begin = random.below(all.size());
      Ids expected(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
      if (i > 3) expected.resize(std::min<std::size_t>(expected.size(), random.below(5000)));
      Ids found(expected.size());
      file->read(begin, found);
      ASSERT_EQ(found, expected) << begin;
      memory->read(begin, found);
      ASSERT_EQ(found, expected) << begin;
    }
  }
}

TEST_F(IdStoreTest, SaysWhereItCannotWrite) {
  EXPECT_THROW(ids_in_file(folder_ / "missing", 100), Error);
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit little = before;
  little.rlim_cur = 100000;  // bytes, as on a disk that is full
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  std::string said;
  try {
    const auto file = ids_in_file(folder_, 100);
    for (int i = 0; i < 100; ++i) file->append(Ids(60000, 7));
  } catch (const Error& e) {
    said = e.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(said.find(folder_.string()), std::string::npos) << said;
  EXPECT_NE(said.find("File too large"), std::string::npos) << said;
}

}  // namespace
}  // namespace regard::data
