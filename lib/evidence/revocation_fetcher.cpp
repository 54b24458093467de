#include "evidence/revocation_fetcher.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "verify/crl.h"
#include "verify/hash.h"
#include "verify/limits.h"

namespace hullwright::evidence {
namespace {

using std::chrono::steady_clock;
using verify::RevocationMaterial;
using verify::RevocationQuery;

constexpr std::size_t kMaxUrls = 2;  // of one kind of one certificate
constexpr std::size_t kMaxOcspBytes = 64u << 10;

// The first few that can be asked: by http alone, as Notary Project has it, since what comes is signed and https would need revocation in
// turn.
std::vector<std::string> Askable(const std::vector<std::string>& urls) {
  std::vector<std::string> askable;
  for (const std::string& url : urls)
    if (askable.size() < kMaxUrls && EqualWithoutCase(url.substr(0, 7), "http://")) askable.push_back(url);
  return askable;
}

void Add(std::vector<std::string>& documents, const std::string& document) {
  if (documents.size() < verify::kMaxRevocationDocuments && std::ranges::find(documents, document) == documents.end())
    documents.push_back(document);
}

}  // namespace

RevocationFetcher::RevocationFetcher(TrustFetcher& fetcher, const Clock& clock, RevocationFetcherOptions options)
    : fetcher_(fetcher), clock_(clock), options_(options) {}

void RevocationFetcher::Answer(std::span<const RevocationQuery> queries, RevocationMaterial& material, Deadline deadline) {
  for (const RevocationQuery& query : queries) {
    AskResponders(query, material, deadline);
    if (!IsAnswered(query, material)) AskLists(query, material, deadline);
  }
}

void RevocationFetcher::AskResponders(const RevocationQuery& query, RevocationMaterial& material, Deadline deadline) {
  const std::vector<std::string> urls = Askable(query.ocsp_urls);
  if (urls.empty()) return;
  const std::string question = OcspRequest(query.certificate, query.issuer);
  for (const std::string& url : urls) {
    const std::string key = url + "\n" + verify::ToHex(verify::Sha256(question));
    const auto answer = Get(key,
                            {.url = url,
                             .max_bytes = kMaxOcspBytes,
                             .deadline = std::min(deadline, steady_clock::now() + options_.ocsp_time),
                             .content_type = "application/ocsp-request",
                             .body = question},
                            deadline);
    if (!answer) continue;
    Add(material.ocsp_responses, *answer);
    if (IsAnswered(query, material)) return;
    NoteUseless(key);
  }
}

void RevocationFetcher::AskLists(const RevocationQuery& query, RevocationMaterial& material, Deadline deadline) {
  const Deadline until = std::min(deadline, steady_clock::now() + options_.list_time);
  std::vector<std::string> asked;
  const auto fetch = [&](const std::string& url) {
    asked.push_back(url);
    auto list = Get(url, {.url = url, .max_bytes = options_.max_list_bytes, .deadline = until}, deadline);
    if (list) Add(material.crls, *list);
    return list;
  };
  for (const std::string& url : Askable(query.crl_urls)) {
    const auto list = fetch(url);
    if (!list) continue;
    // Where the issuer keeps changes to it, the list alone is no answer.
    std::vector<std::string> freshest = query.freshest_urls;
    if (const auto parsed = verify::Crl::FromDer(*list))
      freshest.insert(freshest.end(), parsed->delta_urls().begin(), parsed->delta_urls().end());
    for (const std::string& delta : Askable(freshest)) {
      if (IsAnswered(query, material)) return;
      std::ignore = fetch(delta);
    }
    if (IsAnswered(query, material)) return;
  }
  for (const std::string& url : asked) NoteUseless(url);
}

std::optional<std::string> RevocationFetcher::Get(const std::string& key, const FetchRequest& request, Deadline deadline) {
  const Time now = clock_.Now();
  const auto known = remembered_.With([&](const auto& all) -> std::optional<Remembered> {
    const auto found = all.find(key);
    if (found == all.end()) return std::nullopt;
    const auto age = now - found->second.at;
    const bool counts = age >= age.zero() && age < LifeOf(found->second);
    return counts ? std::optional(found->second) : std::nullopt;
  });
  if (known) return known->bytes;
  auto answer = fetcher_.Fetch(request);
  ++(answer ? answered_ : failed_);
  if (!answer) log::Warn("revocation could not be asked", {{"url", Printable(request.url)}, {"error", answer.error().message}});
  std::optional<std::string> bytes = answer ? std::optional(std::move(*answer)) : std::nullopt;
  // That the caller had no time left says nothing of whom it asked.
  if (bytes || steady_clock::now() < deadline) Remember(key, {bytes, now});
  return bytes;
}

void RevocationFetcher::NoteUseless(const std::string& key) {
  remembered_.With([&](auto& all) {
    if (const auto found = all.find(key); found != all.end()) found->second.useless = true;
  });
}

std::chrono::minutes RevocationFetcher::LifeOf(const Remembered& answer) const {
  return answer.bytes && !answer.useless ? options_.answer_life : options_.failure_life;
}

// What is over the bounds makes room whole: answers are few and soon there again.
void RevocationFetcher::Remember(const std::string& key, Remembered answer) {
  remembered_.With([&](auto& all) {
    std::size_t bytes = answer.bytes ? answer.bytes->size() : 0;
    for (const auto& [other, known] : all) bytes += known.bytes ? known.bytes->size() : 0;
    if (bytes > options_.max_bytes || all.size() >= options_.max_entries) all.clear();
    all.insert_or_assign(key, std::move(answer));
  });
}

}  // namespace hullwright::evidence
