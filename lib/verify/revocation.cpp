#include "verify/revocation.h"

#include <fmt/format.h>

#include "base/text.h"
#include "verify/crl.h"
#include "verify/ocsp.h"
#include "verify/revocation_query.h"

namespace hullwright::verify {
namespace {

struct Query {
  const Certificate& certificate;
  const Certificate& issuer;
  Time now;
  std::optional<Time> signed_at;
};

std::string Name(const Certificate& certificate) {
  return fmt::format("certificate \"{}\"", Printable(ToString(certificate.subject())));
}

std::unexpected<Failure> Revoked(const Query& query, std::string_view by) {
  return Reject(Step::kRevoked, fmt::format("{} is revoked ({})", Name(query.certificate), by));
}

// One source's word: revoked is an error of kRevoked, no answer one of kRevocationUnknown.
Checked<void> AskOcsp(const Query& query, const std::vector<std::string>& responses) {
  Failure unknown{Step::kRevocationUnknown, "no OCSP response was supplied"};
  bool good = false;
  for (const std::string& response : responses) {
    const auto answer = EvaluateOcsp(response, query.certificate, query.issuer, query.now);
    if (!answer) {
      unknown.message = answer.error().message;
    } else if (answer->status == OcspStatus::kRevoked) {
      return Revoked(query, "OCSP");
    } else {
      good = true;
    }
  }
  if (good) return {};
  return std::unexpected(unknown);
}

bool StillGood(const CrlAnswer& answer, const Query& query) {
  if (answer.entry != CrlEntry::kRevoked) return true;
  return answer.invalid_since && query.signed_at && *query.signed_at < *answer.invalid_since;
}

// RFC 5280 section 5.2.4: the delta is to this base or an earlier one, and not older than it.
bool Extends(const Crl& delta, const Crl& base) {
  return base.number() && delta.number() && !Precedes(*base.number(), *delta.base_number()) && !Precedes(*delta.number(), *base.number());
}

// The delta's word goes before the base's where it has one.
Checked<CrlAnswer> WithDelta(const Query& query, const Crl& base, const CrlAnswer& of_base, std::span<const Crl> lists) {
  for (const Crl& delta : lists) {
    if (!delta.is_delta() || !Extends(delta, base)) continue;
    const auto answer = EvaluateCrl(delta, query.certificate, query.issuer, query.now);
    if (!answer) continue;
    return answer->entry == CrlEntry::kNotListed ? of_base : *answer;
  }
  return Reject(Step::kRevocationUnknown, "the issuer keeps delta lists, and no current one was supplied");
}

Checked<void> AskLists(const Query& query, std::span<const Crl> lists) {
  const auto freshest = FreshestCrlUrls(query.certificate);
  if (!freshest) return Reject(Step::kRevocationUnknown, freshest.error().message);
  Failure unknown{Step::kRevocationUnknown, "no revocation list of its issuer was supplied"};
  bool good = false;
  for (const Crl& base : lists) {
    if (base.is_delta()) continue;
    auto answer = EvaluateCrl(base, query.certificate, query.issuer, query.now);
    if (answer && (base.names_delta() || !freshest->empty())) answer = WithDelta(query, base, *answer, lists);
    if (!answer) {
      unknown.message = answer.error().message;
    } else if (!StillGood(*answer, query)) {
      return Revoked(query, "revocation list");
    } else {
      good = true;
    }
  }
  if (good) return {};
  return std::unexpected(unknown);
}

bool Tells(const Checked<void>& told) {
  return told || told.error().step == Step::kRevoked;
}

Checked<void> CheckOne(const Query& query, const RevocationMaterial& material, std::span<const Crl> lists) {
  const auto ocsp = OcspUrls(query.certificate);
  const auto crls = CrlUrls(query.certificate);
  if (!ocsp || !crls) return Reject(Step::kRevocationUnknown, (ocsp ? crls : ocsp).error().message);
  if (ocsp->empty() && crls->empty()) return {};
  Checked<void> told = Reject(Step::kRevocationUnknown, "");
  if (!ocsp->empty()) told = AskOcsp(query, material.ocsp_responses);
  if (!Tells(told) && !crls->empty()) told = AskLists(query, lists);
  if (Tells(told)) return told;
  return Reject(Step::kRevocationUnknown, fmt::format("{}: {}", Name(query.certificate), told.error().message));
}

// A list that cannot be read answers nothing; the others still may.
std::vector<Crl> ReadLists(const std::vector<std::string>& documents) {
  std::vector<Crl> lists;
  for (const std::string& document : documents)
    if (auto list = Crl::FromDer(document)) lists.push_back(*std::move(list));
  return lists;
}

std::optional<RevocationQuery> QueryFor(const Certificate& certificate, const Certificate& issuer) {
  auto ocsp = OcspUrls(certificate), crls = CrlUrls(certificate), freshest = FreshestCrlUrls(certificate);
  if (!ocsp || !crls || !freshest || (ocsp->empty() && crls->empty())) return std::nullopt;
  return RevocationQuery{certificate, issuer, {}, {}, std::move(*ocsp), std::move(*crls), std::move(*freshest)};
}

}  // namespace

bool IsAnswered(const RevocationQuery& query, const RevocationMaterial& material) {
  return Tells(CheckOne({query.certificate, query.issuer, query.now, query.signed_at}, material, ReadLists(material.crls)));
}

std::vector<RevocationQuery> UnansweredQueries(std::span<const Certificate> chain, const RevocationMaterial& material, Time now,
                                               std::optional<Time> signed_at) {
  const std::vector<Crl> lists = ReadLists(material.crls);
  std::vector<RevocationQuery> queries;
  for (std::size_t i = chain.size(); i-- > 1;) {
    auto query = QueryFor(chain[i - 1], chain[i]);
    if (!query || Tells(CheckOne({chain[i - 1], chain[i], now, signed_at}, material, lists))) continue;
    query->now = now;
    query->signed_at = signed_at;
    queries.push_back(std::move(*query));
  }
  return queries;
}

Checked<void> CheckRevocation(std::span<const Certificate> chain, const RevocationMaterial& material, Time now,
                              std::optional<Time> signed_at) {
  if (material.crls.size() > kMaxRevocationDocuments || material.ocsp_responses.size() > kMaxRevocationDocuments)
    return Reject(Step::kLimit, fmt::format("more than {} revocation lists or OCSP responses", kMaxRevocationDocuments));
  const std::vector<Crl> lists = ReadLists(material.crls);
  for (std::size_t i = chain.size(); i-- > 1;) {
    const Query query{chain[i - 1], chain[i], now, signed_at};
    if (auto told = CheckOne(query, material, lists); !told) return told;
  }
  return {};
}

}  // namespace hullwright::verify
