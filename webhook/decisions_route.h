// GET /v1/decisions: the history, page by page, newest first.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "http/server.h"
#include "store/decision_history.h"

namespace hullwright::webhook {

struct HistoryAccess {
  std::string file;
  // Who may read: decisions tell images, users and findings. Common names of verified client certificates.
  std::vector<std::string> readers;
  bool of_anybody = false;  // whoever can connect; over plain HTTP on loopback that is this machine
};

// What a query asks for.
struct DecisionsQuestion {
  std::string id;  // "": a list
  store::DecisionQuery list;
};
inline constexpr std::size_t kMaxDecisionsPerPage = 500;
// "limit=100&before=ID&namespace=shop&allowed=false", or "id=ID" alone. What is not known or malformed is an error that says what would be
// right.
Result<DecisionsQuestion> ParseDecisionsQuery(std::string_view query);

// Blocking: it reads the file.
http::Route DecisionsRoute(const HistoryAccess& access);

}  // namespace hullwright::webhook
