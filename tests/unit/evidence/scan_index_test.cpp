#include "evidence/scan_index.h"

#include <catch2/catch.hpp>

#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

std::shared_ptr<const policy::ScanRecord> Record(char digit, std::string_view index_digests = "") {
  const auto object = Decode(ScanText(digit, "Low", index_digests));
  REQUIRE(object);
  return std::make_shared<policy::ScanRecord>(std::get<api::ImageScan>(*object));
}

std::size_t Found(const ScanIndex& index, char digit) {
  return index.Find(*Digest::Parse(DigestText(digit))).records.size();
}

std::string Quoted(char digit) {
  return "\"" + DigestText(digit) + "\"";
}

TEST_CASE("a scan is found by the digest of its manifest and of every index that lists it", "[evidence]") {
  ScanIndex index;
  index.Put(Record('a', Quoted('1')));
  index.Put(Record('b', Quoted('1') + "," + Quoted('2')));
  CHECK(Found(index, 'a') == 1);
  CHECK(Found(index, '1') == 2);
  CHECK(Found(index, '2') == 1);
  CHECK(Found(index, 'c') == 0);
  CHECK(index.size() == 2);
}

TEST_CASE("a scan that no longer names an index is no longer found by it", "[evidence]") {
  ScanIndex index;
  index.Put(Record('a', Quoted('1')));
  index.Put(Record('a', Quoted('2')));
  CHECK(Found(index, '1') == 0);
  CHECK(Found(index, '2') == 1);
  index.Remove(DigestText('a'));
  CHECK(Found(index, '2') == 0);
  CHECK(index.size() == 0);
}

TEST_CASE("a scan that names its own digest as an index is one scan", "[evidence]") {
  ScanIndex index;
  index.Put(Record('a', Quoted('a')));
  CHECK(Found(index, 'a') == 1);
}

TEST_CASE("a broken scan is told until a good one takes its place, and does not displace a good one", "[evidence]") {
  ScanIndex index;
  const auto broken = [&] { return index.Find(*Digest::Parse(DigestText('a'))).broken.size(); };
  CHECK(index.PutBroken(DigestText('a'), "no JSON"));
  CHECK(broken() == 1);
  index.Put(Record('a'));
  CHECK(broken() == 0);
  CHECK_FALSE(index.PutBroken(DigestText('a'), "no JSON"));
  CHECK(broken() == 0);
  CHECK(Found(index, 'a') == 1);
}

}  // namespace
}  // namespace hullwright::evidence
