// What refers to a digest, at one place: the referrers API page by page, or the tag that stands in for it.
// Source: distribution-spec v1.1, "Listing Referrers" and "Referrers Tag Schema". Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "registry/fetcher.h"

namespace hullwright::registry {

Answer<ReferrerList> FetchReferrers(Fetcher& fetcher, const Hosts& hosts, const Place& place, const Digest& subject,
                                    std::string_view artifact_type, const Call& call);

// "sha256-…": the tag that lists the referrers where there is no API.
std::string FallbackTag(const Digest& subject);

// Puts the entries of one list behind those of another, each digest once, at most kMaxReferrers.
void AddReferrers(ReferrerList& list, std::vector<Descriptor> entries, std::string_view artifact_type);

}  // namespace hullwright::registry
