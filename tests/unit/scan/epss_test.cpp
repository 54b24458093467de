#include "scan/epss.h"

#include <fmt/format.h>
#include <zlib.h>

#include <catch2/catch.hpp>

#include "base/rfc3339.h"

namespace hullwright::scan {
namespace {

const std::string kEpssHead = "#model_version:v2025.03.14,score_date:2025-03-17T12:55:00Z\ncve,epss,percentile\n";

std::string Gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

std::string ScoreOf(const std::string& csv, const char* cve) {
  const auto scores = DecodeEpss(csv);
  if (!scores) return scores.error().message;
  const auto score = scores->Find(*policy::ParseCve(cve));
  return score != nullptr ? score->Probability().ToString() : "none";
}

std::string MistakeOf(const std::string& csv) {
  const auto scores = DecodeEpss(csv);
  return scores ? "" : scores.error().message;
}

}  // namespace

TEST_CASE("EPSS scores are read with their model and date, plain and packed", "[scan]") {
  const std::string csv = kEpssHead + "CVE-2021-44228,0.97565,0.99999\nCVE-1999-0001,0.01167,0.77867\n";
  for (const std::string& bytes : {csv, Gzipped(csv), Gzipped(kEpssHead) + Gzipped(csv.substr(kEpssHead.size()))}) {
    const auto scores = DecodeEpss(bytes);
    REQUIRE(scores);
    CHECK(scores->model_version == "v2025.03.14");
    CHECK(scores->date == *ParseRfc3339("2025-03-17T12:55:00Z"));
    CHECK(scores->entries.size() == 2);
    CHECK(scores->Find(*policy::ParseCve("cve-2021-44228"))->Probability().ToString() == "0.97565");
    CHECK(scores->Find(*policy::ParseCve("cve-2021-44228"))->Percentile().ToString() == "0.99999");
    CHECK(scores->Find(*policy::ParseCve("CVE-2021-44229")) == nullptr);
  }
}

TEST_CASE("files are read in all the ways they were written: offsets without a colon, many places, exponents, other ends of lines",
          "[scan]") {
  const std::string old = "#model_version:v2022.01.01,score_date:2022-02-04T00:00:00+0000\r\ncve,epss,percentile\r\n";
  CHECK(ScoreOf(old + "CVE-2020-5902,0.972579999,0.999990000\r\n", "CVE-2020-5902") == "0.97258");
  CHECK(ScoreOf(kEpssHead + "CVE-2020-5902,9e-05,0.00129\n", "CVE-2020-5902") == "0.00009");
  CHECK(ScoreOf(kEpssHead + "CVE-2020-5902,1,1.0\n", "CVE-2020-5902") == "1.0");
  CHECK(ScoreOf(kEpssHead + "CVE-2020-5902,0,0\n", "CVE-2020-5902") == "0.0");
}

TEST_CASE("a score that is none, or a row of another shape, refuses the file with its line", "[scan]") {
  for (const char* row : {"CVE-2020-5902,1.1,0.5", "CVE-2020-5902,-0.1,0.5", "CVE-2020-5902,1e3,0.5", "CVE-2020-5902,1e-999,0.5",
                          "CVE-2020-5902,0.1", "CVE-2020-5902,0.1,0.5,x", "CVE-2020-5902,,0.5", "CVE-2020-5902,0.1,",
                          "CVE-2020-5902,nan,0.5", "CVE-2020-5902,inf,0.5", "CVE-2020-5902,0x1,0.5", "CVE-2020-5902,+0.1,0.5",
                          "CVE-2020-5902, 0.1,0.5", "CVE-2020-5902,1.000001,0.5", "GHSA-aaaa,0.1,0.5", "", "CVE-1989-1234,0.1,0.5"}) {
    INFO(row);
    CHECK_THAT(MistakeOf(kEpssHead + "CVE-1999-0001,0.1,0.1\n" + row + "\n"), Catch::StartsWith("line 4: must be a CVE"));
  }
}

TEST_CASE("a head of another shape refuses the file", "[scan]") {
  CHECK_THAT(MistakeOf("cve,epss\nCVE-1999-0001,0.1\n"), Catch::StartsWith("line 1: "));
  CHECK_THAT(MistakeOf("#model_version:v1,score_date:yesterday\ncve,epss,percentile\n"), Catch::StartsWith("line 1: score_date"));
  CHECK_THAT(MistakeOf("#model_version:v1,score_date:2025-03-17T00:00:00Z\ncve,percentile,epss\nCVE-1999-0001,0.1,0.1\n"),
             Catch::StartsWith("line 2: "));
  CHECK_THAT(MistakeOf("<html>\n"), Catch::StartsWith("line 1: "));
  CHECK_THAT(MistakeOf(""), Catch::Contains("was it cut"));
}

TEST_CASE("a file that was cut, holds nothing or says something twice is refused", "[scan]") {
  const std::string csv = kEpssHead + "CVE-2021-44228,0.97565,0.99999\n";
  CHECK_THAT(MistakeOf(csv.substr(0, csv.size() - 4)), Catch::Contains("was it cut"));
  const std::string packed = Gzipped(csv);
  for (const std::size_t bytes : {std::size_t{2}, std::size_t{12}, packed.size() - 9, packed.size() - 1})
    CHECK_THAT(MistakeOf(packed.substr(0, bytes)), Catch::Contains("no whole gzip"));
  std::string damaged = packed;
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // of the check sum
  CHECK_THAT(MistakeOf(damaged), Catch::Contains("no whole gzip"));
  CHECK_THAT(MistakeOf(packed + "rest"), Catch::Contains("no whole gzip"));
  CHECK(MistakeOf(kEpssHead) == "scores no vulnerability");
  CHECK(MistakeOf(csv + "cve-2021-44228,0.1,0.1\n") == "scores a vulnerability twice");
}

TEST_CASE("bytes, unpacked bytes and rows are bounded", "[scan]") {
  const std::string csv = kEpssHead + "CVE-2021-44228,0.97565,0.99999\nCVE-1999-0001,0.01167,0.77867\n";
  CHECK(DecodeEpss(csv, {.max_bytes = 10}).error().code == ErrorCode::kTooLarge);
  CHECK(DecodeEpss(csv, {.max_rows = 1}).error().code == ErrorCode::kTooLarge);
  CHECK(DecodeEpss(Gzipped(csv), {.max_unpacked = 100}).error().code == ErrorCode::kTooLarge);
  CHECK(DecodeEpss(Gzipped(std::string(10u << 20, '0')), {.max_unpacked = 1u << 20}).error().code == ErrorCode::kTooLarge);
}

TEST_CASE("three hundred thousand scores take a few MiB", "[scan]") {
  std::string csv = kEpssHead;
  for (int year = 2000; year < 2030; ++year)
    for (int i = 0; i < 10'000; ++i) csv += fmt::format("CVE-{}-{:04d},0.00043,0.12345\n", year, i);
  const auto scores = DecodeEpss(csv);
  REQUIRE(scores);
  CHECK(scores->entries.size() == 300'000);
  CHECK(scores->entries.bytes() <= 4u << 20);
  CHECK(scores->Find(*policy::ParseCve("CVE-2029-9999"))->Probability().ToString() == "0.00043");
}

}  // namespace hullwright::scan
